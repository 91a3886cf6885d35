"""The sentences of the mails, by language. As in Appwrite, a translated link mail has no project in its subject.

They name no duration: the application in front decides how long it accepts a link or a code, and its page says so.
`{project}`, `{user}`, `{client}`, `{device}`, `{code}`, and in invitations `{team}` and `{asker}`, are filled in.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What one kind of mail says: subject, what it is for, and the words on its button (none where it has no link)."""

    subject: str
    lead: str
    button: str = ""


@dataclass(frozen=True)
class Words:
    magic_url: Kind
    code: Kind
    challenge: Kind
    recovery: Kind
    verification: Kind
    invitation: Kind
    greeting: str
    or_copy: str
    link_lasts: str
    code_lasts: str
    device: str
    ignore: str
    phrase: str
    closing: str
    text_message: str


WORDS = {
    "en": Words(
        magic_url=Kind("{project} Login", "Follow the link to sign in to {project}.", "Sign in to {project}"),
        code=Kind("OTP for {project} Login", "Type this code to sign in to {project}."),
        challenge=Kind("Verification Code for {project}", "Type this code to finish signing in to {project}."),
        recovery=Kind("Password Reset for {project}", "Choose a new password for {project}.", "Choose a new password"),
        verification=Kind(
            "Account Verification for {project}", "Confirm that this address is yours.", "Confirm the address"
        ),
        invitation=Kind(
            "Invitation to {team} Team at {project}",
            "{asker} invites you to the team {team} at {project}.",
            "Join {team}",
        ),
        greeting="Hello {user},",
        or_copy="Or copy this address into your browser:",
        link_lasts="The link works once.",
        code_lasts="The code works once.",
        device="Asked for with {client} on {device}.",
        ignore="If you did not ask for this, leave it alone: nothing happens.",
        phrase="The page where you asked shows the same words. If it does not, do not trust this mail.",
        closing="The {project} team",
        text_message="{code} is your code for {project}.",
    ),
    "nb": Words(
        magic_url=Kind("Pålogging", "Følg lenken for å logge inn på {project}.", "Logg inn på {project}"),
        code=Kind("{project} Innlogging", "Skriv denne koden for å logge inn på {project}."),
        challenge=Kind("Bekreftelseskode for {project}", "Skriv denne koden for å fullføre innloggingen på {project}."),
        recovery=Kind("Nytt passord for {project}", "Velg et nytt passord for {project}.", "Velg nytt passord"),
        verification=Kind("Bekreft kontoen din hos {project}", "Bekreft at denne adressen er din.", "Bekreft adressen"),
        invitation=Kind(
            "Invitasjon til teamet {team} hos {project}",
            "{asker} inviterer deg til teamet {team} hos {project}.",
            "Bli med i {team}",
        ),
        greeting="Hei {user},",
        or_copy="Eller kopier adressen til nettleseren:",
        link_lasts="Lenken virker én gang.",
        code_lasts="Koden virker én gang.",
        device="Bestilt med {client} på {device}.",
        ignore="Ba du ikke om denne, kan du se bort fra den: ingenting skjer.",
        phrase="Siden der du ba om e-posten, viser de samme ordene. Gjør den ikke det, bør du ikke stole på e-posten.",
        closing="Hilsen {project}",
        text_message="{code} er koden din for {project}.",
    ),
    "nn": Words(
        magic_url=Kind("Pålogging", "Følg lenkja for å logge inn på {project}.", "Logg inn på {project}"),
        code=Kind("{project} Innlogging", "Skriv denne koden for å logge inn på {project}."),
        challenge=Kind("Stadfestingskode for {project}", "Skriv denne koden for å fullføre innlogginga på {project}."),
        recovery=Kind("Nytt passord for {project}", "Vel eit nytt passord for {project}.", "Vel nytt passord"),
        verification=Kind("Stadfest kontoen din hos {project}", "Stadfest at adressa er di.", "Stadfest adressa"),
        invitation=Kind(
            "Invitasjon til teamet {team} hos {project}",
            "{asker} inviterer deg til teamet {team} hos {project}.",
            "Bli med i {team}",
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
    "da": Words(
        magic_url=Kind("Log ind", "Følg linket for at logge ind på {project}.", "Log ind på {project}"),
        code=Kind("Kode til {project}", "Skriv denne kode for at logge ind på {project}."),
        challenge=Kind("Bekræftelseskode til {project}", "Skriv denne kode for at logge helt ind på {project}."),
        recovery=Kind("Ny adgangskode til {project}", "Vælg en ny adgangskode til {project}.", "Vælg ny adgangskode"),
        verification=Kind("Bekræft din konto hos {project}", "Bekræft, at adressen er din.", "Bekræft adressen"),
        invitation=Kind(
            "Invitation til teamet {team} hos {project}",
            "{asker} inviterer dig til teamet {team} hos {project}.",
            "Bliv medlem af {team}",
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
    "sv": Words(
        magic_url=Kind("Logga in", "Följ länken för att logga in på {project}.", "Logga in på {project}"),
        code=Kind("Kod för {project}", "Skriv koden för att logga in på {project}."),
        challenge=Kind("Verifieringskod för {project}", "Skriv koden för att slutföra inloggningen på {project}."),
        recovery=Kind("Nytt lösenord för {project}", "Välj ett nytt lösenord för {project}.", "Välj nytt lösenord"),
        verification=Kind("Bekräfta ditt konto hos {project}", "Bekräfta att adressen är din.", "Bekräfta adressen"),
        invitation=Kind(
            "Inbjudan till teamet {team} hos {project}",
            "{asker} bjuder in dig till teamet {team} hos {project}.",
            "Gå med i {team}",
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
    "de": Words(
        magic_url=Kind("Login", "Folge dem Link, um dich bei {project} anzumelden.", "Bei {project} anmelden"),
        code=Kind("Code für {project}", "Gib diesen Code ein, um dich bei {project} anzumelden."),
        challenge=Kind(
            "Bestätigungscode für {project}", "Gib diesen Code ein, um die Anmeldung bei {project} abzuschließen."
        ),
        recovery=Kind(
            "Neues Passwort für {project}", "Wähle ein neues Passwort für {project}.", "Neues Passwort wählen"
        ),
        verification=Kind(
            "Konto bei {project} bestätigen", "Bestätige, dass diese Adresse deine ist.", "Adresse bestätigen"
        ),
        invitation=Kind(
            "Einladung zum Team {team} bei {project}",
            "{asker} lädt dich in das Team {team} bei {project} ein.",
            "{team} beitreten",
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
    "fr": Words(
        magic_url=Kind("Connexion", "Suivez le lien pour vous connecter à {project}.", "Se connecter à {project}"),
        code=Kind("Code pour {project}", "Saisissez ce code pour vous connecter à {project}."),
        challenge=Kind(
            "Code de vérification pour {project}", "Saisissez ce code pour terminer la connexion à {project}."
        ),
        recovery=Kind(
            "Nouveau mot de passe pour {project}", "Choisissez un nouveau mot de passe.", "Nouveau mot de passe"
        ),
        verification=Kind("Vérification du compte {project}", "Confirmez que cette adresse est la vôtre.", "Confirmer"),
        invitation=Kind(
            "Invitation à rejoindre l'équipe {team} de {project}",
            "{asker} vous invite dans l'équipe {team} de {project}.",
            "Rejoindre {team}",
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
    "it": Words(
        magic_url=Kind("Accesso", "Segui il link per accedere a {project}.", "Accedi a {project}"),
        code=Kind("Codice per {project}", "Scrivi questo codice per accedere a {project}."),
        challenge=Kind(
            "Codice di verifica per {project}", "Scrivi questo codice per completare l'accesso a {project}."
        ),
        recovery=Kind("Nuova password per {project}", "Scegli una nuova password per {project}.", "Nuova password"),
        verification=Kind(
            "Verifica dell'account {project}", "Conferma che questo indirizzo è tuo.", "Conferma l'indirizzo"
        ),
        invitation=Kind(
            "Invito nel team {team} di {project}", "{asker} ti invita nel team {team} di {project}.", "Entra in {team}"
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
    "es": Words(
        magic_url=Kind("Inicio de sesión", "Sigue el enlace para entrar en {project}.", "Entrar en {project}"),
        code=Kind("Código para {project}", "Escribe este código para entrar en {project}."),
        challenge=Kind(
            "Código de verificación de {project}", "Escribe este código para terminar de entrar en {project}."
        ),
        recovery=Kind("Nueva contraseña para {project}", "Elige una nueva contraseña.", "Elegir contraseña"),
        verification=Kind(
            "Verificación de la cuenta de {project}", "Confirma que esta dirección es tuya.", "Confirmar"
        ),
        invitation=Kind(
            "Invitación al equipo {team} de {project}",
            "{asker} te invita al equipo {team} de {project}.",
            "Unirse a {team}",
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
    "zh-cn": Words(
        magic_url=Kind("登录", "点击链接登录 {project}。", "登录 {project}"),
        code=Kind("{project} 登录验证码", "输入此验证码登录 {project}。"),
        challenge=Kind("{project} 验证码", "输入此验证码以完成登录 {project}。"),
        recovery=Kind("重置 {project} 的密码", "为 {project} 设置新密码。", "设置新密码"),
        verification=Kind("验证 {project} 帐户", "请确认此邮箱地址属于您。", "确认地址"),
        invitation=Kind(
            "邀请您加入 {project} 的 {team} 团队", "{asker} 邀请您加入 {project} 的 {team} 团队。", "加入 {team}"
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
