"""What a URL names: the function, the deployment, the variable; or the error that says what is missing."""

from appwrite_emulator.callers import Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.functions import folder
from appwrite_emulator.models import Deployment, Function, Variable


def find_function(function_id: str) -> Function:
    """The function, with the deployment that the folder holds for it; or 404 `function_not_found`."""
    function = Function.objects.select_related("deployment").filter(id=function_id).first()
    if function is None:
        raise AppwriteError("function_not_found")
    folder.deploy(function)
    return function


def find_open_function(request: Request, function_id: str) -> Function:
    """The function, for everybody; 404 for all but keys while it is switched off."""
    function = find_function(function_id)
    if not function.enabled and not request.caller.is_key:
        raise AppwriteError("function_not_found")
    return function


def find_deployment(function: Function, deployment_id: str) -> Deployment:
    """The function's deployment, or 404 `deployment_not_found`."""
    deployment = function.deployments.filter(id=deployment_id).first()
    if deployment is None:
        raise AppwriteError("deployment_not_found")
    return deployment


def find_variable(function: Function, variable_id: str) -> Variable:
    """The function's variable, or 404 `variable_not_found`."""
    variable = function.variables.filter(id=variable_id).first()
    if variable is None:
        raise AppwriteError("variable_not_found")
    return variable
