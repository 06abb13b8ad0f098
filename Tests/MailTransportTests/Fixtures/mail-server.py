"""An independent mail server (aiosmtpd) with TLS and a login, or without. usage: mail-server.py DIRECTORY starttls|smtps|plain

DIRECTORY has cert.pem and key.pem where there is TLS; each mail is kept there as N.eml. Prints its port, ends with its
standard input.
"""

import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

directory = pathlib.Path(sys.argv[1])
implicit = sys.argv[2] == "smtps"
plain = sys.argv[2] == "plain"
context = None
if not plain:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")


class Mailbox:
    count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        # renamed when it is whole: whoever finds it may read it
        (directory / f"{self.count}.part").write_bytes(envelope.content)
        (directory / f"{self.count}.part").rename(directory / f"{self.count}.eml")
        (directory / f"{self.count}.envelope").write_text(
            f"{session.authenticated} {session.ssl is not None or implicit} {envelope.mail_from} {' '.join(envelope.rcpt_tos)}"
        )
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"gantry" and data.password == "s3cret ü".encode(), handled=False)


def serve():
    return SMTP(
        mailbox,
        authenticator=authenticate,
        auth_required=not plain,
        auth_require_tls=not implicit,
        tls_context=None if implicit else context,
        require_starttls=not implicit and not plain,
    )


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=context if implicit else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = loop.create_future()
    loop.add_reader(sys.stdin, lambda: ended.done() or sys.stdin.read(1) or ended.set_result(None))
    await ended


mailbox = Mailbox()
asyncio.run(main())
