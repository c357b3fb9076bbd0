"""What each provider proves its webhooks by: right it is taken, wrong, missing or odd it is refused, and nothing
raises."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import urlencode

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renum.channels import Post, channel
from renum.channels.twilio import sign
from tests.gateways import CREDENTIALS, ID, account, post

TOKEN = CREDENTIALS["twilio"]["auth_token"]
PUBLIC = f"https://api.renum.example/functions/v1/whatsapp_webhook/{ID}"
FIELDS = {"MessageSid": "SM1", "Body": "olá, tudo & bem?", "From": "whatsapp:+5511987654321", "Empty": ""}
BODY = urlencode(FIELDS).encode()
FORWARDED = {"x_forwarded_proto": "https", "x_forwarded_host": "api.renum.example"}


def signature(url: str, fields: dict[str, str], token: str = TOKEN) -> str:
    """As Twilio's page describes it, written apart from the product."""
    text = url + "".join(key + fields[key] for key in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def accepted(provider: str, request: Post, **changes: object) -> bool:
    return channel(provider).verify(request, account(provider, **changes))


def test_twilios_own_example_is_signed_right() -> None:
    """https://www.twilio.com/docs/usage/security#validating-requests: its address, parameters, token and result."""
    fields = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ]
    assert sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields) == "GvWf1cFY/Q7PnoempGyD5oXAezc="


@pytest.mark.parametrize(
    ("called", "seen", "headers", "config"),
    [
        (PUBLIC, PUBLIC, {}, {}),
        # The platform takes the function's name off the path, and the proxy the scheme and the host.
        (PUBLIC, f"http://127.0.0.1:54321/{ID}", FORWARDED, {}),
        (PUBLIC, f"http://127.0.0.1:54321/{ID}", {"x_forwarded_host": "api.renum.example"}, {}),
        (PUBLIC, f"http://10.0.0.7:8080/{ID}", {}, {"webhook_url": PUBLIC}),
        (PUBLIC.replace("example/", "example:443/"), PUBLIC, {}, {}),
        (PUBLIC, PUBLIC.replace("example/", "example:8443/"), {"host": "api.renum.example:8443"}, {}),
        (f"{PUBLIC}?delivery=7", f"http://10.0.0.7/{ID}?delivery=7", {}, {"webhook_url": PUBLIC}),
        (f"{PUBLIC}?k=v&delivery=7", f"http://10.0.0.7/{ID}?k=v&delivery=7", {}, {"webhook_url": f"{PUBLIC}?k=v"}),
        (f"https://region.example/whatsapp_webhook/{ID}", f"http://region.example/{ID}", {}, {}),
    ],
)  # fmt: skip
def test_twilios_signature_is_right_under_the_address_it_called(
    called: str, seen: str, headers: dict[str, str], config: dict[str, str]
) -> None:
    request = post(BODY, seen, x_twilio_signature=signature(called, FIELDS), **headers)
    assert accepted("twilio", request, config=config)


def test_twilios_signature_is_wrong_otherwise() -> None:
    """Another token, body, address, account, query, none at all, and what is no signature."""
    right = signature(PUBLIC, FIELDS)
    assert accepted("twilio", post(BODY, PUBLIC, x_twilio_signature=right))
    assert not accepted("twilio", post(BODY, PUBLIC, x_twilio_signature=signature(PUBLIC, FIELDS, "other-token")))
    assert not accepted("twilio", post(BODY + b"&To=x", PUBLIC, x_twilio_signature=right))
    assert not accepted("twilio", post(BODY, PUBLIC.replace(ID, ID[::-1]), x_twilio_signature=right))
    assert not accepted("twilio", post(BODY, f"{PUBLIC}?delivery=7", x_twilio_signature=right))
    assert not accepted("twilio", post(BODY, PUBLIC))
    for odd in ("", "é", "\ud800", right[:-1], right.lower()):
        assert not accepted("twilio", post(BODY, PUBLIC, x_twilio_signature=odd))
    assert not accepted("twilio", post(BODY, PUBLIC, x_twilio_signature=right), credentials={})


def test_a_value_that_is_given_twice_counts_once() -> None:
    body = b"A=2&A=1&A=2"
    text = PUBLIC + "A1" + "A2"
    right = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
    assert accepted("twilio", post(body, PUBLIC, x_twilio_signature=right))


def test_json_of_twilio_is_proved_by_its_digest() -> None:
    """The digest is in the address, the address is signed."""
    body = b'{"Level":"ERROR"}'
    url = f"{PUBLIC}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    assert accepted("twilio", post(body, url, x_twilio_signature=signature(url, {})))
    assert not accepted("twilio", post(body + b" ", url, x_twilio_signature=signature(url, {})))


def token(secret: str, **claims: object) -> str:
    return "Bearer " + jwt.encode({"exp": int(time.time()) + 600, "app": "evolution", **claims}, secret, "HS256")


def test_evolution_is_known_by_its_secret_or_by_a_token_signed_with_it() -> None:
    secret = CREDENTIALS["evolution"]["webhook_secret"]
    assert accepted("evolution", post(b"{}", x_webhook_secret=secret))
    assert accepted("evolution", post(b"{}", authorization=token(secret)))
    assert not accepted("evolution", post(b"{}"))
    assert not accepted("evolution", post(b"{}", x_webhook_secret=secret + "x"))
    assert not accepted("evolution", post(b"{}", authorization=token("another-secret-of-enough-length")))
    assert not accepted("evolution", post(b"{}", authorization=token(secret, exp=int(time.time()) - 3600)))
    assert not accepted("evolution", post(b"{}", authorization="Bearer " + jwt.encode({"app": "evolution"}, secret)))
    assert not accepted("evolution", post(b"{}", authorization=f"Bearer {secret}"))


def test_a_token_without_a_signature_proves_nothing() -> None:
    """The token says itself that it needs none."""
    unsigned = jwt.encode({"exp": int(time.time()) + 600}, "", algorithm="none")
    assert not accepted("evolution", post(b"{}", authorization=f"Bearer {unsigned}"))
    assert not accepted(
        "evolution", post(b"{}", authorization=f"Bearer {unsigned}"), credentials={"webhook_secret": ""}
    )


def test_zapi_is_known_by_the_secret_in_its_address() -> None:
    """The instance's token alone is not enough; a wrong one is too much."""
    secret, instance = CREDENTIALS["zapi"]["webhook_secret"], CREDENTIALS["zapi"]["instance_token"]
    url = f"https://renum.example/whatsapp_webhook/{ID}?token={secret}"
    assert accepted("zapi", post(b"{}", url))
    assert accepted("zapi", post(b"{}", url, z_api_token=instance))
    assert accepted("zapi", post(b"{}", x_webhook_secret=secret))
    assert not accepted("zapi", post(b"{}", url, z_api_token="another"))
    assert not accepted("zapi", post(b"{}", z_api_token=instance))
    assert not accepted("zapi", post(b"{}", url + "x"))
    assert not accepted("zapi", post(b"{}", f"{url}&token={secret}"))
    assert not accepted("zapi", post(b"{}", url), credentials={"instance_token": instance})


def test_zenvia_is_known_by_a_header_or_a_password() -> None:
    secret = CREDENTIALS["zenvia"]["webhook_secret"]
    basic = base64.b64encode(f"renum:{secret}".encode()).decode()
    assert accepted("zenvia", post(b"{}", x_webhook_secret=secret))
    assert accepted("zenvia", post(b"{}", authorization=f"Basic {basic}"))
    for odd in ("Basic", "Basic !!!", f"Basic {base64.b64encode(b'renum').decode()}", f"Bearer {secret}", "é"):
        assert not accepted("zenvia", post(b"{}", authorization=odd))


@pytest.mark.parametrize("provider", ["twilio", "evolution", "zapi", "zenvia"])
def test_an_account_without_credentials_takes_nothing(provider: str) -> None:
    """Nor does an empty secret equal an empty header."""
    for credentials in ({}, dict.fromkeys(CREDENTIALS[provider], "")):
        request = post(b"{}", f"{PUBLIC}?token=", x_webhook_secret="", z_api_token="", x_twilio_signature="")
        assert not accepted(provider, request, credentials=credentials)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["twilio", "evolution", "zapi", "zenvia"]),
    st.binary(max_size=60),
    st.text(max_size=40),
    st.text(max_size=40),
)
def test_no_header_and_no_address_raises(provider: str, body: bytes, text: str, query: str) -> None:
    headers = dict.fromkeys(("x_twilio_signature", "x_webhook_secret", "authorization", "z_api_token", "host"), text)
    assert not accepted(provider, post(body, f"{PUBLIC}?{query}", **headers))
    bearer = post(body, f"{PUBLIC}?token={query}&bodySHA256={query}", authorization=f"Bearer {text}")
    assert not accepted(provider, bearer)
