#pragma once
// OpenSSL's function-like macros, which Swift does not import, as functions; and the callbacks, which must be C.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/// What the callbacks note of one session's handshake.
typedef struct csystem_tls_notes {
    int certificate_requested;  // the server asked for a client certificate
    char rejected_names[512];   // whom the certificate that failed verification is for
} csystem_tls_notes;

/// TLS 1.2 or later, no renegotiation, no prompt for a key's pass phrase.
void csystem_ssl_ctx_prepare(SSL_CTX *context);
/// SSL_CTX_set_verify with a callback that fills `rejected_names`.
void csystem_ssl_ctx_verify(SSL_CTX *context, int mode);
/// Notes when a server asks for a certificate; one that is configured is still sent.
void csystem_ssl_ctx_note_certificate_requests(SSL_CTX *context);
/// `notes` must outlive the session.
void csystem_ssl_set_notes(SSL *ssl, csystem_tls_notes *notes);

int csystem_ssl_set_server_name(SSL *ssl, const char *name);
size_t csystem_bio_pending(BIO *bio);
/// An empty memory BIO asks for more bytes and does not report an end.
void csystem_bio_empty_means_retry(BIO *bio);
int csystem_err_reason(unsigned long error);
/// The alert a peer ended the session with, or 0: OpenSSL reports it as reason 1000 + alert.
int csystem_err_peer_alert(unsigned long error);
