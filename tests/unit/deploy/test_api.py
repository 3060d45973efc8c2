"""What the command line makes of the API's answers."""

from deploy.local.api import ApiError


def test_a_refusal_names_the_command_that_helps() -> None:
    error = ApiError("INVALID_REQUEST", "There is no check 'no.such'; GET /api/v1/checks lists them.", 400)
    assert error.message == "There is no check 'no.such'; ./scanfleet checks lists them."
    assert str(error) == error.message
