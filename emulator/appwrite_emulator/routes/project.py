"""Routes of Project: settings that an API key can change."""

from appwrite_emulator.http.route import Route
from appwrite_emulator.services import project

# fmt: off
ROUTES = (
    Route("GET", "project/keys", project.list_keys,
          operation="project.listKeys", scope="keys.read", model="KeyList"),
    Route("POST", "project/keys", project.create_key,
          operation="project.createKey", scope="keys.write", model="Key"),
    Route("GET", "project/keys/<key_id>", project.get_key,
          operation="project.getKey", scope="keys.read", model="Key"),
    Route("PUT", "project/keys/<key_id>", project.update_key,
          operation="project.updateKey", scope="keys.write", model="Key"),
    Route("DELETE", "project/keys/<key_id>", project.delete_key,
          operation="project.deleteKey", scope="keys.write"),
    Route("POST", "project/platforms/web", project.create_web_platform,
          operation="project.createWebPlatform", scope="platforms.write", model="PlatformWeb"),
    Route("DELETE", "project/platforms/<platform_id>", project.delete_platform,
          operation="project.deletePlatform", scope="platforms.write"),
    Route("PATCH", "project/policies/session-limit", project.update_session_limit_policy,
          operation="project.updateSessionLimitPolicy", scope="policies.write", model="Project"),
    Route("PATCH", "project/oauth2/microsoft", project.update_o_auth2_microsoft,
          operation="project.updateOAuth2Microsoft", scope="oauth2.write", model="OAuth2Microsoft"),
)
