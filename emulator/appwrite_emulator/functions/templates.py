"""Function templates: names and settings from Appwrite's list, with the emulator's own descriptions."""

from dataclasses import dataclass
from typing import Any

from appwrite_emulator.functions.runtimes import RUNTIMES

USE_CASES = ("starter", "databases", "ai", "messaging", "utilities", "dev-tools", "auth")

# Language -> (build commands, extra commands for templates with a setup script, entrypoint).
_LANGUAGES = {
    "node": ("npm install", " && npm run setup", "src/main.js"),
    "python": ("pip install -r requirements.txt", " && python src/setup.py", "src/main.py"),
    "dart": ("dart pub get", "", "lib/main.dart"),
    "go": ("", "", "main.go"),
    "php": ("composer install", "", "src/index.php"),
    "deno": ("deno cache src/main.ts", "", "src/main.ts"),
    "bun": ("bun install", "", "src/main.ts"),
    "ruby": ("bundle install", "", "lib/main.rb"),
    "rust": ("", "", "main.rs"),
}

# Part of a variable's name -> description. The first match applies.
_DESCRIPTIONS = {
    "_DATABASE_ID": "ID of the database that the function uses.",
    "_COLLECTION_ID": "ID of the collection that the function uses.",
    "_BUCKET_ID": "ID of the bucket that the function uses.",
    "_MAX_TOKENS": "Maximum length of a reply, in tokens.",
    "PASSWORD": "Password for the service.",
    "WEBHOOK_SECRET": "Secret that signs the service's webhooks.",
    "_KEY": "Key for the service.",
    "_SECRET": "Secret for the service.",
    "TOKEN": "Token for the service.",
    "EMAIL": "E-mail address.",
}
_OTHER_DESCRIPTION = "Setting of the service."


@dataclass(frozen=True)
class Template:
    """A function template."""

    id: str
    name: str
    icon: str
    score: int
    """Templates are sorted by this number, in descending order."""
    use_case: str
    tagline: str
    languages: str = "node"
    """A trailing underscore means that the template's folder for this language has underscores instead of hyphens."""
    variables: str = ""
    """`NAME:type?=value`. The default type is text. `?` marks an optional variable."""
    timeout: int = 15
    events: tuple[str, ...] = ()
    scopes: str = ""
    setup: bool = False
    """Whether the build also runs a setup script."""
    repository_version: str = "0.2.*"

    def runtimes(self) -> list[dict[str, str]]:
        """Return each version of each language, as Appwrite's TemplateRuntime model."""
        return [
            self._runtime(language, id)
            for language in self.languages.split()
            for id, (key, *_) in RUNTIMES.items()
            if key == language.rstrip("_")
        ]

    def _runtime(self, language: str, runtime_id: str) -> dict[str, str]:
        folder = self.id.replace("-", "_") if language.endswith("_") else self.id
        key = language.rstrip("_")
        commands, setup, entrypoint = _LANGUAGES[key]
        return {
            "name": runtime_id,
            "commands": commands + (setup if self.setup else ""),
            "entrypoint": entrypoint,
            "providerRootDirectory": f"{key}/{folder}",
        }

    def variable_models(self) -> list[dict[str, Any]]:
        """Return the variables, as Appwrite's TemplateVariable model."""
        return [_variable(text) for text in self.variables.split()]


def _variable(text: str) -> dict[str, Any]:
    declaration, _, value = text.partition("=")
    name, _, type = declaration.rstrip("?").partition(":")
    return {
        "name": name,
        "description": next((words for part, words in _DESCRIPTIONS.items() if part in name), _OTHER_DESCRIPTION),
        "value": value,
        "secret": False,
        "placeholder": "",
        "required": not declaration.endswith("?"),
        "type": type or "text",
    }


TEMPLATES = (
    Template(
        "starter",
        "Starter function",
        "lightning-bolt",
        5,
        "starter",
        "Start from an empty function.",
        languages="node python dart go php deno bun ruby rust",
        scopes="users.read",
        repository_version="0.3.*",
    ),
    Template(
        "query-upstash-vector",
        "Query Upstash Vector",
        "upstash",
        4,
        "databases",
        "Search embeddings in an Upstash vector database.",
        variables="UPSTASH_URL UPSTASH_TOKEN:password",
    ),
    Template(
        "query-redis-labs",
        "Query Redis Labs",
        "redis",
        4,
        "databases",
        "Read and write a Redis database at Redis Labs.",
        variables="REDIS_HOST REDIS_PASSWORD:password",
    ),
    Template(
        "query-neo4j-auradb",
        "Query Neo4j AuraDB",
        "neo4j",
        4,
        "databases",
        "Query a graph in Neo4j AuraDB.",
        variables="NEO4J_URI NEO4J_USER NEO4J_PASSWORD:password",
    ),
    Template(
        "query-mongo-atlas",
        "Query MongoDB Atlas",
        "mongodb",
        4,
        "databases",
        "Query a MongoDB database at Atlas.",
        variables="MONGO_URI:password",
    ),
    Template(
        "query-neon-postgres",
        "Query Neon Postgres",
        "neon",
        4,
        "databases",
        "Query a PostgreSQL database at Neon.",
        variables="PGHOST PGDATABASE PGUSER PGPASSWORD:password ENDPOINT_ID",
    ),
    Template(
        "prompt-chatgpt",
        "Prompt ChatGPT",
        "open-ai",
        7,
        "ai",
        "Send a prompt to ChatGPT and return the reply.",
        languages="node python_ php dart_",
        variables="OPENAI_API_KEY:password OPENAI_MAX_TOKENS:number?=512",
    ),
    Template(
        "discord-command-bot",
        "Discord Command Bot",
        "discord",
        6,
        "messaging",
        "Answer slash commands on Discord.",
        languages="node python_ go",
        variables="DISCORD_PUBLIC_KEY:password DISCORD_APPLICATION_ID:password DISCORD_TOKEN:password",
        setup=True,
    ),
    Template(
        "analyze-with-perspectiveapi",
        "Analyze with PerspectiveAPI",
        "perspective-api",
        5,
        "ai",
        "Rate how toxic a comment is with Perspective API.",
        variables="PERSPECTIVE_API_KEY:password",
    ),
    Template(
        "censor-with-redact",
        "Censor with Redact",
        "pangea",
        5,
        "ai",
        "Remove personal data from a text with Pangea Redact.",
        languages="node python_ dart_",
        variables="PANGEA_REDACT_TOKEN:password",
    ),
    Template(
        "generate-pdf",
        "Generate PDF",
        "document",
        7,
        "utilities",
        "Create a PDF file from text.",
    ),
    Template(
        "github-issue-bot",
        "GitHub issue bot",
        "github",
        4,
        "dev-tools",
        "Greet the authors of new GitHub issues.",
        variables="GITHUB_TOKEN:password GITHUB_WEBHOOK_SECRET:password",
    ),
    Template(
        "url-shortener",
        "URL shortener",
        "bookmark",
        3,
        "utilities",
        "Store short links and redirect from them.",
        variables="APPWRITE_DATABASE_ID?=urlShortener APPWRITE_COLLECTION_ID?=urls SHORT_BASE_URL:url",
        scopes="databases.read databases.write collections.write tables.write attributes.write columns.write "
        "documents.read rows.read documents.write rows.write",
    ),
    Template(
        "sync-with-algolia",
        "Sync with Algolia",
        "algolia",
        4,
        "databases",
        "Copy documents to an Algolia search index.",
        languages="node python_ php",
        variables="APPWRITE_DATABASE_ID APPWRITE_COLLECTION_ID ALGOLIA_APP_ID ALGOLIA_ADMIN_API_KEY:password "
        "ALGOLIA_INDEX_ID:password ALGOLIA_SEARCH_API_KEY:password",
        scopes="databases.read collections.read tables.read documents.read rows.read",
    ),
    Template(
        "sync-with-meilisearch",
        "Sync with Meilisearch",
        "meilisearch",
        4,
        "databases",
        "Copy documents to a Meilisearch index.",
        languages="node python php bun ruby",
        variables="APPWRITE_DATABASE_ID APPWRITE_COLLECTION_ID MEILISEARCH_ENDPOINT:url "
        "MEILISEARCH_ADMIN_API_KEY:password MEILISEARCH_SEARCH_API_KEY:password MEILISEARCH_INDEX_NAME",
        scopes="databases.read collections.read tables.read documents.read rows.read",
    ),
    Template(
        "whatsapp-with-vonage",
        "WhatsApp with Vonage",
        "vonage",
        6,
        "messaging",
        "Answer WhatsApp messages through Vonage.",
        languages="node python_ dart php bun ruby",
        variables="VONAGE_API_KEY:password VONAGE_API_SECRET:password VONAGE_API_SIGNATURE_SECRET:password "
        "VONAGE_WHATSAPP_NUMBER:phone",
    ),
    Template(
        "push-notification-with-fcm",
        "Push notification with FCM",
        "bell",
        4,
        "messaging",
        "Send push notifications with Firebase.",
        variables="FCM_PROJECT_ID FCM_CLIENT_EMAIL:email FCM_PRIVATE_KEY:password FCM_DATABASE_URL:url",
    ),
    Template(
        "email-contact-form",
        "Email contact form",
        "mail",
        7,
        "utilities",
        "E-mail the entries of a contact form.",
        languages="node python_ php",
        variables="SMTP_HOST SMTP_PORT:number SMTP_USERNAME SMTP_PASSWORD:password SUBMIT_EMAIL:email ALLOWED_ORIGINS?",
    ),
    Template(
        "subscriptions-with-stripe",
        "Subscriptions with Stripe",
        "stripe",
        6,
        "utilities",
        "Sell subscriptions with Stripe, and label subscribers.",
        variables="STRIPE_SECRET_KEY:password STRIPE_WEBHOOK_SECRET:password",
        scopes="users.read sessions.write users.write",
    ),
    Template(
        "payments-with-stripe",
        "Payments with Stripe",
        "stripe",
        8,
        "utilities",
        "Take payments with Stripe and store the orders.",
        variables="STRIPE_SECRET_KEY:password STRIPE_WEBHOOK_SECRET:password APPWRITE_DATABASE_ID?=orders "
        "APPWRITE_COLLECTION_ID?=orders",
        scopes="databases.read databases.write collections.write tables.write attributes.write columns.write "
        "documents.read rows.read documents.write rows.write",
    ),
    Template(
        "text-generation-with-huggingface",
        "Text generation",
        "chat",
        5,
        "ai",
        "Continue a text with a Hugging Face model.",
        variables="HUGGINGFACE_ACCESS_TOKEN:password",
        timeout=30,
    ),
    Template(
        "language-translation-with-huggingface",
        "Language translation",
        "translate",
        5,
        "ai",
        "Translate a text with a Hugging Face model.",
        variables="HUGGINGFACE_ACCESS_TOKEN:password",
        timeout=30,
    ),
    Template(
        "image-classification-with-huggingface",
        "Image classification",
        "eye",
        5,
        "ai",
        "Label uploaded images.",
        variables="APPWRITE_DATABASE_ID?=ai APPWRITE_COLLECTION_ID?=image_classification "
        "APPWRITE_BUCKET_ID?=image_classification HUGGINGFACE_ACCESS_TOKEN:password",
        events=("buckets.*.files.*.create",),
        scopes="databases.read databases.write collections.read tables.read collections.write tables.write "
        "attributes.write columns.write documents.read rows.read documents.write rows.write buckets.read "
        "buckets.write files.read",
        setup=True,
    ),
    Template(
        "object-detection-with-huggingface",
        "Object detection",
        "eye",
        5,
        "ai",
        "Find objects in uploaded images.",
        variables="APPWRITE_DATABASE_ID?=ai APPWRITE_COLLECTION_ID?=object_detection "
        "APPWRITE_BUCKET_ID?=object_detection HUGGINGFACE_ACCESS_TOKEN:password",
        events=("buckets.*.files.*.create",),
        scopes="databases.read databases.write collections.read tables.read collections.write tables.write "
        "attributes.write columns.write documents.read rows.read documents.write rows.write buckets.read "
        "buckets.write files.read",
        setup=True,
    ),
    Template(
        "speech-recognition-with-huggingface",
        "Speech recognition",
        "text",
        5,
        "ai",
        "Transcribe uploaded recordings.",
        variables="APPWRITE_DATABASE_ID?=ai APPWRITE_COLLECTION_ID?=speech_recognition "
        "APPWRITE_BUCKET_ID?=speech_recognition HUGGINGFACE_ACCESS_TOKEN:password",
        events=("buckets.*.files.*.create",),
        scopes="databases.read databases.write collections.read tables.read collections.write tables.write "
        "attributes.write columns.write documents.read rows.read documents.write rows.write buckets.read "
        "buckets.write files.read",
        setup=True,
    ),
    Template(
        "text-to-speech-with-huggingface",
        "Text to speech",
        "chat",
        5,
        "ai",
        "Read a text aloud and store the recording.",
        variables="APPWRITE_DATABASE_ID?=ai APPWRITE_COLLECTION_ID?=speech_recognition "
        "APPWRITE_BUCKET_ID?=speech_recognition HUGGINGFACE_ACCESS_TOKEN:password",
        events=(
            "databases.*.tables.*.rows.*.create",
            "databases.*.collections.*.documents.*.create",
        ),
        scopes="buckets.read buckets.write files.read files.write",
        setup=True,
    ),
    Template(
        "generate-with-replicate",
        "Generate with Replicate",
        "chip",
        5,
        "ai",
        "Generate text, images or sound with Replicate.",
        variables="REPLICATE_API_KEY:password",
        timeout=300,
    ),
    Template(
        "generate-with-together-ai",
        "Generate with Together AI",
        "chip",
        5,
        "ai",
        "Generate text or images with Together AI.",
        variables="TOGETHER_API_KEY:password APPWRITE_BUCKET_ID",
        timeout=300,
        scopes="buckets.write files.read files.write",
    ),
    Template(
        "chat-with-perplexity-ai",
        "Chat with Perplexity AI",
        "chip",
        5,
        "ai",
        "Chat with a Perplexity model.",
        variables="PERPLEXITY_API_KEY:password PERPLEXITY_MAX_TOKENS:number?",
    ),
    Template(
        "generate-with-replicate",
        "Generate with Replicate",
        "chip",
        5,
        "ai",
        "Generate text, images or sound with Replicate.",
        variables="REPLICATE_API_KEY:password",
        timeout=300,
    ),
    Template(
        "sync-with-pinecone",
        "Sync with Pinecone",
        "document-search",
        4,
        "ai",
        "Store embeddings of documents in Pinecone.",
        variables="OPENAI_API_KEY:password PINECONE_API_KEY:password PINECONE_INDEX_NAME APPWRITE_DATABASE_ID "
        "APPWRITE_COLLECTION_ID",
        timeout=30,
        scopes="databases.read collections.read tables.read documents.read rows.read",
    ),
    Template(
        "rag-with-langchain",
        "RAG with LangChain",
        "chip",
        6,
        "ai",
        "Answer questions about your documents with LangChain.",
        variables="OPENAI_API_KEY:password PINECONE_API_KEY:password PINECONE_INDEX_NAME APPWRITE_DATABASE_ID "
        "APPWRITE_COLLECTION_ID",
        timeout=30,
        scopes="databases.read collections.read tables.read documents.read rows.read",
    ),
    Template(
        "speak-with-elevenlabs",
        "Speak with ElevenLabs",
        "chat",
        5,
        "ai",
        "Turn text into speech with ElevenLabs.",
        variables="ELEVENLABS_API_KEY:password APPWRITE_DATABASE_ID APPWRITE_COLLECTION_ID APPWRITE_BUCKET_ID",
        scopes="buckets.read buckets.write files.read files.write",
    ),
    Template(
        "speak-with-lmnt",
        "Speak with LMNT",
        "chip",
        5,
        "ai",
        "Turn text into speech with LMNT.",
        variables="LMNT_API_KEY:password APPWRITE_BUCKET_ID",
        scopes="buckets.read buckets.write files.read files.write",
    ),
    Template(
        "chat-with-anyscale",
        "Chat with AnyScale",
        "chip",
        5,
        "ai",
        "Chat with a model at Anyscale.",
        variables="ANYSCALE_API_KEY:password ANYSCALE_MAX_TOKENS:number?",
    ),
    Template(
        "music-generation-with-huggingface",
        "Music generation",
        "music-note",
        4,
        "ai",
        "Make music from a description.",
        variables="APPWRITE_BUCKET_ID?=generated_music HUGGINGFACE_ACCESS_TOKEN:password",
        scopes="buckets.read buckets.write files.read files.write",
        setup=True,
    ),
    Template(
        "generate-with-fal-ai",
        "Generate with fal.ai",
        "chip",
        5,
        "ai",
        "Generate images with fal.ai.",
        variables="FAL_API_KEY:password",
        timeout=300,
    ),
    Template(
        "subscriptions-with-lemon-squeezy",
        "Subscriptions with Lemon Squeezy",
        "currency-dollar",
        6,
        "utilities",
        "Sell subscriptions with Lemon Squeezy, and label subscribers.",
        variables="LEMON_SQUEEZY_API_KEY:password LEMON_SQUEEZY_WEBHOOK_SECRET:password LEMON_SQUEEZY_STORE_ID "
        "LEMON_SQUEEZY_VARIANT_ID",
        scopes="users.read users.write",
    ),
    Template(
        "payments-with-lemon-squeezy",
        "Payments with Lemon Squeezy",
        "currency-dollar",
        6,
        "utilities",
        "Take payments with Lemon Squeezy and store the orders.",
        variables="APPWRITE_DATABASE_ID?=orders APPWRITE_COLLECTION_ID?=orders LEMON_SQUEEZY_API_KEY:password "
        "LEMON_SQUEEZY_WEBHOOK_SECRET:password LEMON_SQUEEZY_STORE_ID LEMON_SQUEEZY_VARIANT_ID",
        scopes="databases.read databases.write collections.write attributes.write documents.read documents.write",
    ),
    Template(
        "sign-in-with-apple",
        "Sign in with Apple",
        "apple",
        6,
        "auth",
        "Sign in users of an iOS app with their Apple account.",
        languages="dart_",
        variables="BUNDLE_ID TEAM_ID KEY_ID KEY_CONTENTS_ENCODED:password",
        scopes="users.read users.write",
    ),
)
