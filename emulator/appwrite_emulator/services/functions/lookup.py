"""Look up the function, deployment or variable that a URL names. If it does not exist, raise the matching error."""

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Deployment, Function, Variable
from appwrite_emulator.functions import code_folder


def find_function(function_id: str) -> Function:
    """Return the function with its deployment from the functions folder, or raise 404 `function_not_found`."""
    function = Function.objects.select_related("deployment").filter(id=function_id).first()
    if function is None:
        raise AppwriteError("function_not_found")
    code_folder.update_deployment(function)
    return function


def find_open_function(request: Request, function_id: str) -> Function:
    """Return the function. Raise 404 if it does not exist, or if it is disabled and the caller is not an API key."""
    function = find_function(function_id)
    if not function.enabled and not request.caller.is_key:
        raise AppwriteError("function_not_found")
    return function


def find_deployment(function: Function, deployment_id: str) -> Deployment:
    """Return the function's deployment, or raise 404 `deployment_not_found`."""
    deployment = function.deployments.filter(id=deployment_id).first()
    if deployment is None:
        raise AppwriteError("deployment_not_found")
    return deployment


def find_variable(function: Function, variable_id: str) -> Variable:
    """Return the function's variable, or raise 404 `variable_not_found`."""
    variable = function.variables.filter(id=variable_id).first()
    if variable is None:
        raise AppwriteError("variable_not_found")
    return variable
