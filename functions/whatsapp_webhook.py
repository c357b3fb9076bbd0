"""WhatsApp's webhooks, whichever provider's: `…/whatsapp_webhook/{channel_account_id}`, GET to prove the address, POST
to deliver.

Deployed with `--target whatsapp_webhook`. It imports no LangChain: Meta wants its answer within 250 ms.
"""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from renum import webhook


@functions_framework.aio.http
async def whatsapp_webhook(request: Request) -> Response:
    """See `renum.webhook.answer`."""
    return await webhook.answer(request, "whatsapp")
