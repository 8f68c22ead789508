"""The whole life of a sign-in as authlib does it: discovery, PKCE, the answer, the signed token, claims, refresh, revocation."""

import json
import sys

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

issuer, client, secret, redirect = sys.argv[1:]
about = requests.get(issuer + "/.well-known/openid-configuration", timeout=10).json()
session = OAuth2Session(client, secret, scope="openid phone offline_access", redirect_uri=redirect,
                        code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic",
                        token_endpoint=about["token_endpoint"])
verifier, nonce = generate_token(48), generate_token(20)
address, state = session.create_authorization_url(about["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
print(address, flush=True)
answer = sys.stdin.readline().strip()
token = session.fetch_token(about["token_endpoint"], authorization_response=answer, state=state, code_verifier=verifier)
keys = KeySet.import_key_set(requests.get(about["jwks_uri"], timeout=10).json())
signed = jwt.decode(token["id_token"], keys, algorithms=about["id_token_signing_alg_values_supported"])
claims = CodeIDToken(signed.claims, signed.header, {"iss": {"value": issuer}, "aud": {"value": client}},
                     {"nonce": nonce, "client_id": client, "access_token": token["access_token"]})
claims.validate()
person = session.get(about["userinfo_endpoint"]).json()
token = session.refresh_token(about["token_endpoint"], refresh_token=token["refresh_token"])
before = session.introspect_token(about["introspection_endpoint"], token=token["access_token"]).json()
session.revoke_token(about["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token")
after = session.introspect_token(about["introspection_endpoint"], token=token["access_token"]).json()
print(json.dumps({"sub": claims["sub"], "phone": person["phone_number"], "before": before["active"], "after": after["active"]}))
