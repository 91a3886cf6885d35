"""The attributes by which each list in Appwrite 1.9.6 can be filtered and sorted.

The table is copied from Appwrite's source: `ALLOWED_ATTRIBUTES` in the query validators
(src/Appwrite/Utopia/Database/Validator/Queries at tag 1.9.6), without names that the collections do not have.
"""

SYSTEM = ("$id", "$createdAt", "$updatedAt", "$sequence")
USERS = "name email phone status passwordUpdate registration emailVerification phoneVerification labels impersonator"
MEMBERSHIPS = "userId teamId invited joined confirm roles"
IDENTITIES = "userId provider providerUid providerEmail providerAccessTokenExpiry"
TARGETS = "userId providerId identifier providerType"
DEPLOYMENTS = "buildSize sourceSize totalSize buildDuration status activate type"
EXECUTIONS = "trigger status responseStatusCode duration requestMethod requestPath deploymentId"
COLUMNS = "key type size required array status error"
INDEXES = "key type status attributes error"

# List path -> the attributes that it allows. The parents (`x`) need not exist, because queries are validated first.
ALLOWED = {
    "/users": USERS,
    "/users/identities": IDENTITIES,
    "/users/x/memberships": MEMBERSHIPS,
    "/users/x/targets": TARGETS,
    "/teams": "name total",
    "/teams/x/memberships": MEMBERSHIPS,
    "/storage/buckets": "enabled name fileSecurity maximumFileSize encryption antivirus transformations",
    "/storage/buckets/x/files": "name signature mimeType sizeOriginal chunksTotal chunksUploaded",
    "/tokens/buckets/x/files/x": "",
    "/functions": "name enabled runtime deploymentId schedule timeout entrypoint commands installationId",
    "/functions/x/variables": "key resourceType resourceId secret",
    "/functions/x/deployments": DEPLOYMENTS,
    "/functions/x/executions": EXECUTIONS,
    "/messaging/providers": "name provider type enabled",
    "/messaging/topics": "name emailTotal smsTotal pushTotal",
    "/messaging/topics/x/subscribers": "targetId topicId userId providerType",
    "/messaging/messages": "scheduledAt deliveredAt deliveredTotal status providerType",
    "/messaging/messages/x/targets": TARGETS,
    "/project/keys": "expire accessedAt name scopes",
    "/tablesdb": "name",
    "/tablesdb/transactions": "status expiresAt",
    "/tablesdb/x/tables": "name enabled",
    "/tablesdb/x/tables/x/columns": COLUMNS,
    "/tablesdb/x/tables/x/indexes": INDEXES,
    "/databases": "name",
    "/databases/transactions": "status expiresAt",
    "/databases/x/collections": "name enabled documentSecurity",
    "/databases/x/collections/x/attributes": COLUMNS,
    "/databases/x/collections/x/indexes": INDEXES,
}
