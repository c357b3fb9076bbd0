"""Text messages' webhooks: `…/sms_webhook/{channel_account_id}`. Deployed with `--target sms_webhook`."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from renum import webhook


@functions_framework.aio.http
async def sms_webhook(request: Request) -> Response:
    """See `renum.webhook.answer`."""
    return await webhook.answer(request, "sms")
