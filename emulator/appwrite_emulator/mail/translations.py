"""The wording of the e-mails, by language. As in Appwrite, the subject of a translated link e-mail has no project name.

Placeholders: `{project}`, `{user}`, `{client}`, `{device}`, `{code}`, in invitations `{team}` and `{inviter}`, and in
session alerts `{ip}`, `{country}` and `{time}`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class MailTexts:
    """The wording of one kind of e-mail: subject, purpose and button label. Without a link, the label is empty.

    `preview` is the first line of the text, and what an inbox shows beside the subject. If it is empty, inboxes show
    the purpose. Only Appwrite's English previews say when a link or a code expires.
    """

    subject: str
    lead: str
    button: str = ""
    preview: str = ""


@dataclass(frozen=True)
class Translation:
    magic_url: MailTexts
    code: MailTexts
    challenge: MailTexts
    recovery: MailTexts
    verification: MailTexts
    invitation: MailTexts
    session_alert: MailTexts
    greeting: str
    or_copy: str
    link_lasts: str
    code_lasts: str
    device: str
    ignore: str
    phrase: str
    closing: str
    text_message: str


TRANSLATIONS = {
    "en": Translation(
        magic_url=MailTexts(
            "{project} Login",
            "Follow the link to sign in to {project}.",
            "Sign in to {project}",
            preview="Sign in to {project} with your secure link. Expires in 1 hour.",
        ),
        code=MailTexts(
            "OTP for {project} Login",
            "Enter this code to sign in to {project}.",
            preview="Use OTP {code} to sign in to {project}. Expires in 15 minutes.",
        ),
        challenge=MailTexts(
            "Verification Code for {project}",
            "Enter this code to finish signing in to {project}.",
            preview="Use code {code} for two-step verification in {project}. Expires in 15 minutes.",
        ),
        recovery=MailTexts(
            "Password Reset for {project}",
            "Choose a new password for {project}.",
            "Choose a new password",
            preview="Reset your {project} password using the link.",
        ),
        verification=MailTexts(
            "Account Verification for {project}",
            "Confirm that this address is yours.",
            "Confirm address",
            preview="Verify your email to activate your {project} account.",
        ),
        invitation=MailTexts(
            "Invitation to {team} Team at {project}",
            "{inviter} invites you to join the {team} team at {project}.",
            "Join {team}",
            preview="{inviter} invited you to join {team} at {project}",
        ),
        session_alert=MailTexts(
            "Security alert: new session on your {project} account",
            "Someone has signed in to your account at {project} with {client} ({ip}, {country}). "
            "If this was not you, secure your account.",
            preview="New login detected on {project} at {time} UTC.",
        ),
        greeting="Hello {user},",
        or_copy="Or copy this address into your browser:",
        link_lasts="The link works once.",
        code_lasts="The code works once.",
        device="Requested with {client} on {device}.",
        ignore="If you did not request this, you can ignore this message.",
        phrase="The page where you requested this shows the same security phrase. "
        "If it does not, do not trust this message.",
        closing="The {project} team",
        text_message="{code} is your code for {project}.",
    ),
    "nb": Translation(
        magic_url=MailTexts("Pålogging", "Følg lenken for å logge inn på {project}.", "Logg inn på {project}"),
        code=MailTexts("{project} Innlogging", "Skriv denne koden for å logge inn på {project}."),
        challenge=MailTexts(
            "Bekreftelseskode for {project}", "Skriv denne koden for å fullføre innloggingen på {project}."
        ),
        recovery=MailTexts("Nytt passord for {project}", "Velg et nytt passord for {project}.", "Velg nytt passord"),
        verification=MailTexts(
            "Bekreft kontoen din hos {project}", "Bekreft at denne adressen er din.", "Bekreft adressen"
        ),
        invitation=MailTexts(
            "Invitasjon til teamet {team} hos {project}",
            "{inviter} inviterer deg til teamet {team} hos {project}.",
            "Bli med i {team}",
        ),
        session_alert=MailTexts(
            "Ny økt hos {project}",
            "Noen har logget inn på kontoen din hos {project} med {client} ({ip}, {country}). "
            "Hvis det ikke var deg, bør du sikre kontoen.",
        ),
        greeting="Hei {user},",
        or_copy="Eller kopier adressen til nettleseren:",
        link_lasts="Lenken virker én gang.",
        code_lasts="Koden virker én gang.",
        device="Bestilt med {client} på {device}.",
        ignore="Hvis du ikke ba om denne meldingen, kan du se bort fra den.",
        phrase="Siden der du ba om e-posten, viser de samme ordene. Gjør den ikke det, bør du ikke stole på e-posten.",
        closing="Hilsen {project}",
        text_message="{code} er koden din for {project}.",
    ),
    "nn": Translation(
        magic_url=MailTexts("Pålogging", "Følg lenkja for å logge inn på {project}.", "Logg inn på {project}"),
        code=MailTexts("{project} Innlogging", "Skriv denne koden for å logge inn på {project}."),
        challenge=MailTexts(
            "Stadfestingskode for {project}", "Skriv denne koden for å fullføre innlogginga på {project}."
        ),
        recovery=MailTexts("Nytt passord for {project}", "Vel eit nytt passord for {project}.", "Vel nytt passord"),
        verification=MailTexts("Stadfest kontoen din hos {project}", "Stadfest at adressa er di.", "Stadfest adressa"),
        invitation=MailTexts(
            "Invitasjon til teamet {team} hos {project}",
            "{inviter} inviterer deg til teamet {team} hos {project}.",
            "Bli med i {team}",
        ),
        session_alert=MailTexts(
            "Ny økt hos {project}",
            "Nokon har logga inn på kontoen din hos {project} med {client} ({ip}, {country}). "
            "Viss det ikkje var deg, bør du sikre kontoen.",
        ),
        greeting="Hei {user},",
        or_copy="Eller kopier adressa til nettlesaren:",
        link_lasts="Lenkja verkar éin gong.",
        code_lasts="Koden verkar éin gong.",
        device="Tinga med {client} på {device}.",
        ignore="Bad du ikkje om denne, kan du sjå bort frå han: ingenting skjer.",
        phrase="Sida der du bad om e-posten, viser dei same orda. Gjer ho ikkje det, bør du ikkje lite på e-posten.",
        closing="Helsing {project}",
        text_message="{code} er koden din for {project}.",
    ),
    "da": Translation(
        magic_url=MailTexts("Log ind", "Følg linket for at logge ind på {project}.", "Log ind på {project}"),
        code=MailTexts("Kode til {project}", "Skriv denne kode for at logge ind på {project}."),
        challenge=MailTexts("Bekræftelseskode til {project}", "Skriv denne kode for at logge helt ind på {project}."),
        recovery=MailTexts(
            "Ny adgangskode til {project}", "Vælg en ny adgangskode til {project}.", "Vælg ny adgangskode"
        ),
        verification=MailTexts("Bekræft din konto hos {project}", "Bekræft, at adressen er din.", "Bekræft adressen"),
        invitation=MailTexts(
            "Invitation til teamet {team} hos {project}",
            "{inviter} inviterer dig til teamet {team} hos {project}.",
            "Bliv medlem af {team}",
        ),
        session_alert=MailTexts(
            "Ny session hos {project}",
            "Nogen har logget ind på din konto hos {project} med {client} ({ip}, {country}). "
            "Hvis det ikke var dig, bør du sikre kontoen.",
        ),
        greeting="Hej {user},",
        or_copy="Eller kopiér adressen til din browser:",
        link_lasts="Linket kan bruges én gang.",
        code_lasts="Koden kan bruges én gang.",
        device="Bestilt med {client} på {device}.",
        ignore="Har du ikke bedt om den, så lad den ligge: der sker ikke noget.",
        phrase="Siden, hvor du bad om mailen, viser de samme ord. Gør den ikke det, skal du ikke stole på mailen.",
        closing="Hilsen {project}",
        text_message="{code} er din kode til {project}.",
    ),
    "sv": Translation(
        magic_url=MailTexts("Logga in", "Följ länken för att logga in på {project}.", "Logga in på {project}"),
        code=MailTexts("Kod för {project}", "Skriv koden för att logga in på {project}."),
        challenge=MailTexts("Verifieringskod för {project}", "Skriv koden för att slutföra inloggningen på {project}."),
        recovery=MailTexts(
            "Nytt lösenord för {project}", "Välj ett nytt lösenord för {project}.", "Välj nytt lösenord"
        ),
        verification=MailTexts(
            "Bekräfta ditt konto hos {project}", "Bekräfta att adressen är din.", "Bekräfta adressen"
        ),
        invitation=MailTexts(
            "Inbjudan till teamet {team} hos {project}",
            "{inviter} bjuder in dig till teamet {team} hos {project}.",
            "Gå med i {team}",
        ),
        session_alert=MailTexts(
            "Ny session hos {project}",
            "Någon har loggat in på ditt konto hos {project} med {client} ({ip}, {country}). "
            "Om det inte var du bör du säkra kontot.",
        ),
        greeting="Hej {user},",
        or_copy="Eller kopiera adressen till din webbläsare:",
        link_lasts="Länken kan användas en gång.",
        code_lasts="Koden kan användas en gång.",
        device="Begärd med {client} på {device}.",
        ignore="Bad du inte om den kan du låta den vara: ingenting händer.",
        phrase="Sidan där du bad om mejlet visar samma ord. Gör den inte det ska du inte lita på mejlet.",
        closing="Hälsningar {project}",
        text_message="{code} är din kod för {project}.",
    ),
    "de": Translation(
        magic_url=MailTexts("Login", "Folge dem Link, um dich bei {project} anzumelden.", "Bei {project} anmelden"),
        code=MailTexts("Code für {project}", "Gib diesen Code ein, um dich bei {project} anzumelden."),
        challenge=MailTexts(
            "Bestätigungscode für {project}", "Gib diesen Code ein, um die Anmeldung bei {project} abzuschließen."
        ),
        recovery=MailTexts(
            "Neues Passwort für {project}", "Wähle ein neues Passwort für {project}.", "Neues Passwort wählen"
        ),
        verification=MailTexts(
            "Konto bei {project} bestätigen", "Bestätige, dass diese Adresse deine ist.", "Adresse bestätigen"
        ),
        invitation=MailTexts(
            "Einladung zum Team {team} bei {project}",
            "{inviter} lädt dich in das Team {team} bei {project} ein.",
            "{team} beitreten",
        ),
        session_alert=MailTexts(
            "Neue Sitzung bei {project}",
            "Jemand hat sich mit {client} ({ip}, {country}) bei deinem Konto von {project} angemeldet. "
            "Wenn du das nicht warst, sichere dein Konto.",
        ),
        greeting="Hallo {user},",
        or_copy="Oder kopiere diese Adresse in deinen Browser:",
        link_lasts="Der Link gilt einmal.",
        code_lasts="Der Code gilt einmal.",
        device="Angefordert mit {client} auf {device}.",
        ignore="Hast du das nicht angefordert, lass es liegen: Es geschieht nichts.",
        phrase="Die Seite, auf der du gefragt hast, zeigt dieselben Wörter. Wenn nicht, traue dieser Nachricht nicht.",
        closing="Viele Grüße, {project}",
        text_message="{code} ist dein Code für {project}.",
    ),
    "fr": Translation(
        magic_url=MailTexts("Connexion", "Suivez le lien pour vous connecter à {project}.", "Se connecter à {project}"),
        code=MailTexts("Code pour {project}", "Saisissez ce code pour vous connecter à {project}."),
        challenge=MailTexts(
            "Code de vérification pour {project}", "Saisissez ce code pour terminer la connexion à {project}."
        ),
        recovery=MailTexts(
            "Nouveau mot de passe pour {project}", "Choisissez un nouveau mot de passe.", "Nouveau mot de passe"
        ),
        verification=MailTexts(
            "Vérification du compte {project}", "Confirmez que cette adresse est la vôtre.", "Confirmer"
        ),
        invitation=MailTexts(
            "Invitation à rejoindre l'équipe {team} de {project}",
            "{inviter} vous invite dans l'équipe {team} de {project}.",
            "Rejoindre {team}",
        ),
        session_alert=MailTexts(
            "Nouvelle session sur {project}",
            "Quelqu’un s’est connecté à votre compte {project} avec {client} ({ip}, {country}). "
            "Si ce n’était pas vous, sécurisez votre compte.",
        ),
        greeting="Bonjour {user},",
        or_copy="Ou copiez cette adresse dans votre navigateur :",
        link_lasts="Le lien n'est valable qu'une fois.",
        code_lasts="Le code n'est valable qu'une fois.",
        device="Demandé avec {client} sur {device}.",
        ignore="Si vous n'avez rien demandé, laissez ce message : il ne se passera rien.",
        phrase="La page où vous avez fait la demande montre les mêmes mots. Sinon, ne vous fiez pas à ce message.",
        closing="L'équipe {project}",
        text_message="{code} est votre code pour {project}.",
    ),
    "it": Translation(
        magic_url=MailTexts("Accesso", "Segui il link per accedere a {project}.", "Accedi a {project}"),
        code=MailTexts("Codice per {project}", "Scrivi questo codice per accedere a {project}."),
        challenge=MailTexts(
            "Codice di verifica per {project}", "Scrivi questo codice per completare l'accesso a {project}."
        ),
        recovery=MailTexts(
            "Nuova password per {project}", "Scegli una nuova password per {project}.", "Nuova password"
        ),
        verification=MailTexts(
            "Verifica dell'account {project}", "Conferma che questo indirizzo è tuo.", "Conferma l'indirizzo"
        ),
        invitation=MailTexts(
            "Invito nel team {team} di {project}",
            "{inviter} ti invita nel team {team} di {project}.",
            "Entra in {team}",
        ),
        session_alert=MailTexts(
            "Nuova sessione su {project}",
            "Qualcuno ha effettuato l’accesso al tuo account {project} con {client} ({ip}, {country}). "
            "Se non sei stato tu, proteggi il tuo account.",
        ),
        greeting="Ciao {user},",
        or_copy="Oppure copia questo indirizzo nel browser:",
        link_lasts="Il link vale una volta sola.",
        code_lasts="Il codice vale una volta sola.",
        device="Richiesto con {client} su {device}.",
        ignore="Se non l'hai chiesto tu, lascialo stare: non succede niente.",
        phrase="La pagina da cui l'hai chiesto mostra le stesse parole. Se no, non fidarti di questo messaggio.",
        closing="Il team di {project}",
        text_message="{code} è il tuo codice per {project}.",
    ),
    "es": Translation(
        magic_url=MailTexts("Inicio de sesión", "Sigue el enlace para entrar en {project}.", "Entrar en {project}"),
        code=MailTexts("Código para {project}", "Escribe este código para entrar en {project}."),
        challenge=MailTexts(
            "Código de verificación de {project}", "Escribe este código para terminar de entrar en {project}."
        ),
        recovery=MailTexts("Nueva contraseña para {project}", "Elige una nueva contraseña.", "Elegir contraseña"),
        verification=MailTexts(
            "Verificación de la cuenta de {project}", "Confirma que esta dirección es tuya.", "Confirmar"
        ),
        invitation=MailTexts(
            "Invitación al equipo {team} de {project}",
            "{inviter} te invita al equipo {team} de {project}.",
            "Unirse a {team}",
        ),
        session_alert=MailTexts(
            "Nueva sesión en {project}",
            "Alguien ha iniciado sesión en tu cuenta de {project} con {client} ({ip}, {country}). "
            "Si no has sido tú, protege tu cuenta.",
        ),
        greeting="Hola {user}:",
        or_copy="O copia esta dirección en tu navegador:",
        link_lasts="El enlace vale una sola vez.",
        code_lasts="El código vale una sola vez.",
        device="Pedido con {client} en {device}.",
        ignore="Si no lo pediste, déjalo: no pasa nada.",
        phrase="La página donde lo pediste muestra las mismas palabras. Si no, no te fíes de este mensaje.",
        closing="El equipo de {project}",
        text_message="{code} es tu código para {project}.",
    ),
    "zh-cn": Translation(
        magic_url=MailTexts("登录", "点击链接登录 {project}。", "登录 {project}"),
        code=MailTexts("{project} 登录验证码", "输入此验证码登录 {project}。"),
        challenge=MailTexts("{project} 验证码", "输入此验证码以完成登录 {project}。"),
        recovery=MailTexts("重置 {project} 的密码", "为 {project} 设置新密码。", "设置新密码"),
        verification=MailTexts("验证 {project} 帐户", "请确认此邮箱地址属于您。", "确认地址"),
        invitation=MailTexts(
            "邀请您加入 {project} 的 {team} 团队", "{inviter} 邀请您加入 {project} 的 {team} 团队。", "加入 {team}"
        ),
        session_alert=MailTexts(
            "{project} 的新会话",
            "有人使用 {client}（{ip}，{country}）登录了您的 {project} 账户。如果不是您本人操作，请保护您的账户。",
        ),
        greeting="您好 {user}，",
        or_copy="或将此地址复制到浏览器：",
        link_lasts="链接仅可使用一次。",
        code_lasts="验证码仅可使用一次。",
        device="请求来自 {device} 上的 {client}。",
        ignore="如果不是您本人的请求，请忽略此邮件。",
        phrase="您发出请求的页面会显示相同的词语。如果没有，请不要相信此邮件。",
        closing="{project} 团队",
        text_message="{code} 是您的 {project} 验证码。",
    ),
}
