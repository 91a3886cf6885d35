"""Appwrite's response models: names and fields.

`http.responses` builds the responses. This module describes them for the GraphQL schema. Names and types are from
Appwrite's `Utopia/Response/Model`.
"""

from appwrite_emulator.auth.oauth_catalogue import PROVIDERS, Definition

SYSTEM_FIELDS = "$id $createdAt $updatedAt"
CLIENT_FIELDS = (
    "osCode osName osVersion clientType clientCode clientName clientVersion clientEngine clientEngineVersion "
    "deviceName deviceBrand deviceModel countryCode countryName"
)
KEY_FIELDS = f"{SYSTEM_FIELDS} name expire scopes:[String] secret accessedAt sdks:[String]"
PLATFORM_FIELDS = f"{SYSTEM_FIELDS} name type"
COLUMN_FIELDS = "key type status error required:Boolean array:Boolean $createdAt $updatedAt"
FUNCTION_MEASURES = (
    "deployments deploymentsStorage builds buildsSuccess buildsFailed buildsStorage buildsTime buildsMbSeconds "
    "executions executionsTime executionsMbSeconds"
)


def _usage(measures: str) -> str:
    """Return the fields of a usage model. Each metric has a list of figures and a total."""
    return f"range {' '.join(f'{each}Total:Int {each}:[Metric]' for each in measures.split())}"


def _oauth2_fields(definition: Definition) -> str:
    """Return the fields of an OAuth2 provider's model. Every setting is a string or a list of strings."""
    settings = [f"{name}:[String]" if isinstance(value, list) else name for name, value in definition.settings.items()]
    return " ".join(["$id enabled:Boolean", definition.client, definition.secret, *settings])


# A field without a type is a string. `[Target]` is a list of that model. If a model's fields start with `*`, it also
# has fields that are not known in advance.
_MODELS = {
    "AlgoArgon2": "type memoryCost:Int timeCost:Int threads:Int",
    "AlgoBcrypt": "type",
    "AlgoMd5": "type",
    "AlgoPhpass": "type",
    "AlgoScrypt": "type costCpu:Int costMemory:Int costParallel:Int length:Int",
    "AlgoScryptModified": "type salt saltSeparator signerKey",
    "AlgoSha": "type",
    "Any": "*",
    "Bucket": f"{SYSTEM_FIELDS} $permissions:[String] fileSecurity:Boolean name enabled:Boolean maximumFileSize:Int "
    "allowedFileExtensions:[String] compression encryption:Boolean antivirus:Boolean transformations:Boolean "
    "totalSize:Int",
    "Collection": f"{SYSTEM_FIELDS} $permissions:[String] databaseId name enabled:Boolean documentSecurity:Boolean "
    "attributes:[Attributes] indexes:[Index] bytesMax:Int bytesUsed:Int",
    "ColumnBigint": f"{COLUMN_FIELDS} min:Int max:Int default:Int",
    "ColumnBoolean": f"{COLUMN_FIELDS} default:Boolean",
    "ColumnDatetime": f"{COLUMN_FIELDS} format default",
    "ColumnEmail": f"{COLUMN_FIELDS} format default",
    "ColumnEnum": f"{COLUMN_FIELDS} elements:[String] format default",
    "ColumnFloat": f"{COLUMN_FIELDS} min:Float max:Float default:Float",
    "ColumnIndex": f"{SYSTEM_FIELDS} key type status error columns:[String] lengths:[Int] orders:[String]",
    "ColumnInteger": f"{COLUMN_FIELDS} min:Int max:Int default:Int",
    "ColumnIp": f"{COLUMN_FIELDS} format default",
    "ColumnLine": f"{COLUMN_FIELDS} default:Json",
    "ColumnLongtext": f"{COLUMN_FIELDS} default encrypt:Boolean",
    "ColumnMediumtext": f"{COLUMN_FIELDS} default encrypt:Boolean",
    "ColumnPoint": f"{COLUMN_FIELDS} default:Json",
    "ColumnPolygon": f"{COLUMN_FIELDS} default:Json",
    "ColumnRelationship": f"{COLUMN_FIELDS} relatedTable relationType twoWay:Boolean twoWayKey onDelete side",
    "ColumnString": f"{COLUMN_FIELDS} size:Int default encrypt:Boolean",
    "ColumnText": f"{COLUMN_FIELDS} default encrypt:Boolean",
    "ColumnUrl": f"{COLUMN_FIELDS} format default",
    "ColumnVarchar": f"{COLUMN_FIELDS} size:Int default encrypt:Boolean",
    "Continent": "name code",
    "Country": "name code",
    "Currency": "symbol name symbolNative decimalDigits:Int rounding:Float code namePlural",
    "Database": "$id name $createdAt $updatedAt enabled:Boolean type",
    "Deployment": f"{SYSTEM_FIELDS} type resourceId resourceType entrypoint sourceSize:Int buildSize:Int totalSize:Int "
    "buildId activate:Boolean screenshotLight screenshotDark status buildLogs buildDuration:Int "
    "providerRepositoryName providerRepositoryOwner providerRepositoryUrl providerCommitHash providerCommitAuthorUrl "
    "providerCommitAuthor providerCommitMessage providerCommitUrl providerBranch providerBranchUrl",
    "Document": "*$id $sequence $collectionId $databaseId $createdAt $updatedAt $permissions:[String]",
    "EmailTemplate": "templateId locale message senderName senderEmail replyToEmail replyToName subject",
    "EphemeralKey": KEY_FIELDS,
    "Execution": f"{SYSTEM_FIELDS} $permissions:[String] functionId deploymentId trigger status requestMethod "
    "requestPath requestHeaders:[Headers] responseStatusCode:Int responseBody responseHeaders:[Headers] logs errors "
    "duration:Float scheduledAt",
    "File": "$id bucketId $createdAt $updatedAt $permissions:[String] name signature mimeType sizeOriginal:Int "
    "sizeActual:Int chunksTotal:Int chunksUploaded:Int encryption:Boolean compression",
    "Function": f"{SYSTEM_FIELDS} execute:[String] name enabled:Boolean live:Boolean logging:Boolean runtime "
    "deploymentRetention:Int deploymentId deploymentCreatedAt latestDeploymentId latestDeploymentCreatedAt "
    "latestDeploymentStatus scopes:[String] vars:[Variable] events:[String] schedule timeout:Int entrypoint commands "
    "version installationId providerRepositoryId providerBranch providerRootDirectory providerSilentMode:Boolean "
    "providerBranches:[String] providerPaths:[String] buildSpecification runtimeSpecification",
    "Headers": "name value",
    "HealthAntivirus": "version status",
    "HealthCertificate": "name subjectSN issuerOrganisation validFrom validTo signatureTypeSN",
    "HealthQueue": "size:Int",
    "HealthStatus": "name ping:Int status",
    "HealthTime": "remoteTime:Int localTime:Int diff:Int",
    "HealthVersion": "version",
    "Identity": f"{SYSTEM_FIELDS} userId provider providerUid providerEmail providerAccessToken "
    "providerAccessTokenExpiry providerRefreshToken",
    "Jwt": "jwt",
    "Key": KEY_FIELDS,
    "Language": "name code nativeName",
    "Locale": "ip countryCode country continentCode continent eu:Boolean currency",
    "LocaleCode": "code name",
    "Log": f"event userId userEmail userName mode userType ip time {CLIENT_FIELDS}",
    "Membership": f"{SYSTEM_FIELDS} userId userName userEmail userPhone teamId teamName invited joined confirm:Boolean "
    "mfa:Boolean userAccessedAt roles:[String]",
    "Message": f"{SYSTEM_FIELDS} providerType topics:[String] users:[String] targets:[String] scheduledAt deliveredAt "
    "deliveryErrors:[String] deliveredTotal:Int data:Json status",
    "Metric": "value:Int date",
    "MfaChallenge": "$id $createdAt userId expire",
    "MfaFactors": "totp:Boolean phone:Boolean email:Boolean recoveryCode:Boolean",
    "MfaRecoveryCodes": "recoveryCodes:[String]",
    "MfaType": "secret uri",
    "MockNumber": "number otp $createdAt $updatedAt",
    "None": "",
    "Phone": "code countryCode countryName",
    "PlatformAndroid": f"{PLATFORM_FIELDS} applicationId",
    "PlatformApple": f"{PLATFORM_FIELDS} bundleIdentifier",
    "PlatformLinux": f"{PLATFORM_FIELDS} packageName",
    "PlatformWeb": f"{PLATFORM_FIELDS} hostname key",
    "PlatformWindows": f"{PLATFORM_FIELDS} packageIdentifierName",
    "PolicyMembershipPrivacy": "$id userId:Boolean userEmail:Boolean userPhone:Boolean userName:Boolean "
    "userMFA:Boolean userAccessedAt:Boolean",
    "PolicyPasswordDictionary": "$id enabled:Boolean",
    "PolicyPasswordHistory": "$id total:Int",
    "PolicyPasswordPersonalData": "$id enabled:Boolean",
    "PolicyPasswordStrength": "$id min:Int uppercase:Boolean lowercase:Boolean number:Boolean symbols:Boolean",
    "PolicySessionAlert": "$id enabled:Boolean",
    "PolicySessionDuration": "$id duration:Int",
    "PolicySessionInvalidation": "$id enabled:Boolean",
    "PolicySessionLimit": "$id total:Int",
    "PolicyUserLimit": "$id total:Int",
    "Preferences": "*",
    "ProxyRule": f"{SYSTEM_FIELDS} domain type trigger redirectUrl redirectStatusCode:Int deploymentId "
    "deploymentResourceType deploymentResourceId deploymentVcsProviderBranch status logs renewAt",
    "Project": f"{SYSTEM_FIELDS} name teamId region devKeys:[Json] smtpEnabled:Boolean smtpSenderName smtpSenderEmail "
    "smtpReplyToName smtpReplyToEmail smtpHost smtpPort:Int smtpUsername smtpPassword smtpSecure pingCount:Int "
    "pingedAt labels:[String] status authMethods:[ProjectAuthMethod] services:[ProjectService] "
    "protocols:[ProjectProtocol] blocks:[String] consoleAccessedAt",
    "ConsoleVariables": "_APP_DOMAIN_TARGET_CNAME _APP_DOMAIN_TARGET_A _APP_DOMAIN_TARGET_AAAA _APP_DOMAIN_TARGET_CAA "
    "_APP_STORAGE_LIMIT:Int _APP_COMPUTE_BUILD_TIMEOUT:Int _APP_COMPUTE_SIZE_LIMIT:Int _APP_USAGE_STATS "
    "_APP_VCS_ENABLED:Boolean _APP_DOMAIN_ENABLED:Boolean _APP_ASSISTANT_ENABLED:Boolean _APP_DOMAIN_SITES "
    "_APP_DOMAIN_FUNCTIONS _APP_OPTIONS_FORCE_HTTPS _APP_DOMAINS_NAMESERVERS _APP_DB_ADAPTER "
    "supportForRelationships:Boolean supportForOperators:Boolean supportForSpatials:Boolean "
    "supportForSpatialIndexNull:Boolean supportForFulltextWildcard:Boolean supportForMultipleFulltextIndexes:Boolean "
    "supportForAttributeResizing:Boolean supportForSchemas:Boolean maxIndexLength:Int supportForIntegerIds:Boolean",
    "ProjectAuthMethod": "$id enabled:Boolean",
    "ProjectProtocol": "$id enabled:Boolean",
    "ProjectService": "$id enabled:Boolean",
    "Provider": f"{SYSTEM_FIELDS} name provider enabled:Boolean type credentials:Json options:Json",
    "Presence": f"{SYSTEM_FIELDS} $permissions:[String] userId status source expiresAt metadata:Preferences",
    "ResourceToken": "$id $createdAt resourceId resourceType expire secret accessedAt",
    "Row": "*$id $sequence $tableId $databaseId $createdAt $updatedAt $permissions:[String]",
    "Runtime": "$id key name version base image logo supports:[String]",
    "Session": f"{SYSTEM_FIELDS} userId expire provider providerUid providerAccessToken providerAccessTokenExpiry "
    f"providerRefreshToken ip {CLIENT_FIELDS} current:Boolean factors:[String] secret mfaUpdatedAt",
    "Site": f"{SYSTEM_FIELDS} name enabled:Boolean live:Boolean logging:Boolean framework deploymentRetention:Int "
    "deploymentId deploymentCreatedAt deploymentScreenshotLight deploymentScreenshotDark latestDeploymentId "
    "latestDeploymentCreatedAt latestDeploymentStatus vars:[Variable] timeout:Int installCommand buildCommand "
    "startCommand outputDirectory installationId providerRepositoryId providerBranch providerRootDirectory "
    "providerSilentMode:Boolean providerBranches:[String] providerPaths:[String] buildSpecification "
    "runtimeSpecification buildRuntime adapter fallbackFile",
    "Specification": "memory:Int cpus:Float enabled:Boolean slug",
    "Subscriber": f"{SYSTEM_FIELDS} targetId target:Target userId userName topicId providerType",
    "Table": f"{SYSTEM_FIELDS} $permissions:[String] databaseId name enabled:Boolean rowSecurity:Boolean "
    "columns:[Columns] indexes:[ColumnIndex] bytesMax:Int bytesUsed:Int",
    "Target": f"{SYSTEM_FIELDS} name userId providerId providerType identifier expired:Boolean",
    "Team": f"{SYSTEM_FIELDS} name total:Int prefs:Preferences",
    "TemplateFunction": "icon id name tagline permissions:[String] events:[String] cron timeout:Int useCases:[String] "
    "runtimes:[TemplateRuntime] instructions vcsProvider providerRepositoryId providerOwner providerVersion "
    "variables:[TemplateVariable] scopes:[String]",
    "TemplateRuntime": "name commands entrypoint providerRootDirectory",
    "TemplateVariable": "name description value secret:Boolean placeholder required:Boolean type",
    "Token": "$id $createdAt userId secret expire phrase",
    "Topic": f"{SYSTEM_FIELDS} name emailTotal:Int smsTotal:Int pushTotal:Int subscribe:[String]",
    "Transaction": f"{SYSTEM_FIELDS} status operations:Int expiresAt",
    "User": f"{SYSTEM_FIELDS} name password hash hashOptions:HashOptions registration status:Boolean labels:[String] "
    "passwordUpdate email phone emailVerification:Boolean emailCanonical emailIsFree:Boolean emailIsDisposable:Boolean "
    "emailIsCorporate:Boolean emailIsCanonical:Boolean phoneVerification:Boolean mfa:Boolean prefs:Preferences "
    "targets:[Target] accessedAt impersonator:Boolean impersonatorUserId",
    "UsageBuckets": _usage("files storage imageTransformations").replace("storageTotal", "filesStorageTotal"),
    "UsageCollection": _usage("documents"),
    "UsageDatabase": _usage("collections tables documents rows storage databaseReads databaseWrites"),
    "UsageDatabases": _usage("databases collections tables documents rows storage databasesReads databasesWrites"),
    "UsageFunction": f"{_usage(FUNCTION_MEASURES)} buildsTimeAverage:Int",
    "UsageFunctions": _usage(f"functions {FUNCTION_MEASURES}"),
    "UsageStorage": _usage("buckets files storage").replace("storageTotal", "filesStorageTotal"),
    "UsageTable": _usage("rows"),
    "UsageUsers": _usage("users sessions"),
    "Webhook": f"{SYSTEM_FIELDS} name url events:[String] tls:Boolean authUsername authPassword secret enabled:Boolean "
    "logs attempts:Int",
    "Variable": f"{SYSTEM_FIELDS} key value secret:Boolean resourceType resourceId",
}
# The same models under their legacy names.
_MODELS |= {
    name.replace("Column", "Attribute"): fields.replace("relatedTable", "relatedCollection")
    for name, fields in _MODELS.items()
    if name.startswith("Column") and name != "ColumnIndex"
}
_MODELS |= {each.response_model: _oauth2_fields(each) for each in PROVIDERS.values()}
_MODELS["Index"] = _MODELS["ColumnIndex"].replace("columns", "attributes")

# List models whose key is not the plural of the item model's name.
_LISTS = {
    "ColumnIndex": "indexes",
    "EmailTemplate": "templates",
    "HealthStatus": "statuses",
    "ProxyRule": "rules",
    "ResourceToken": "tokens",
    "TemplateFunction": "templates",
}


def _plural(word: str) -> str:
    if word.endswith("y") and not word.endswith("ey"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x")) else f"{word}s"


def _lists() -> dict[str, str]:
    lists = {}
    for name in _MODELS:
        items = _LISTS.get(name, _plural(name[0].lower() + name[1:]))
        lists[f"{name}List"] = f"total:Int {items}:[{name}]"
    return lists | {
        "AttributeList": "total:Int attributes:[Attributes]",
        "ColumnList": "total:Int columns:[Columns]",
        "OAuth2ProviderList": "total:Int providers:[OAuth2Providers]",
        "PlatformList": "total:Int platforms:[Platforms]",
        "PolicyList": "total:Int policies:[Policies]",
    }


MODELS = _MODELS | _lists()
"""Model name -> its fields as a string, which `fields` parses."""

UNIONS = {
    "Attributes": tuple(name for name in _MODELS if name.startswith("Attribute")),
    "Columns": tuple(name for name in _MODELS if name.startswith("Column") and name != "ColumnIndex"),
    "HashOptions": tuple(name for name in _MODELS if name.startswith("Algo")),
    "OAuth2Providers": tuple(name for name in _MODELS if name.startswith("OAuth2")),
    "Platforms": tuple(name for name in _MODELS if name.startswith("Platform")),
    "Policies": tuple(name for name in _MODELS if name.startswith("Policy")),
}
"""Union name -> its models. `resolve_union` chooses a value's model."""

# Column type -> suffix of its model's name, for types whose suffix is neither the type nor the format.
_COLUMN_TYPES = {"double": "Float", "linestring": "Line"}


def fields(name: str) -> dict[str, tuple[str, bool]]:
    """Return field name -> (type name, whether it is a list).

    Types are `String`, `Int`, `Float`, `Boolean`, `Json`, a model or a union.
    """
    parsed = {}
    for field in MODELS[name].removeprefix("*").split():
        key, _, kind = field.partition(":")
        parsed[key] = (kind.strip("[]") or "String", kind.startswith("["))
    return parsed


def has_unknown_fields(name: str) -> bool:
    """Return whether the model has fields that are not known in advance."""
    return MODELS[name].startswith("*")


def resolve_union(union: str, value: dict[str, object]) -> str:
    """Return the name of the model in the union that matches `value`."""
    if union == "OAuth2Providers":
        return PROVIDERS[str(value["$id"])].response_model
    if union == "Policies":
        return "Policy" + str(value["$id"]).title().replace("-", "")
    kind = str(value.get("type", ""))
    if union == "HashOptions":
        named = {"scryptMod": "ScryptModified", "scryptModified": "ScryptModified"}.get(kind, kind.title())
        return f"Algo{named}"
    if kind == "string":
        # In Appwrite's schema, an enum is a plain string.
        kind = str(value.get("format") or "").replace("enum", "") or "string"
    return union.removesuffix("s") + _COLUMN_TYPES.get(kind, kind.title())
