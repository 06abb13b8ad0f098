"""An independent reader: what Python's email makes of a mail, as JSON. usage: mail-reader.py FILE"""

import email
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    mail = email.message_from_binary_file(file, policy=email.policy.default)
print(
    json.dumps(
        {
            "headers": {name: str(mail[name]) for name in mail.keys()},
            "defects": [str(defect) for part in mail.walk() for defect in part.defects],
            "parts": [
                [part.get_content_type(), part.get_content()] for part in mail.walk() if not part.is_multipart()
            ],
        }
    )
)
