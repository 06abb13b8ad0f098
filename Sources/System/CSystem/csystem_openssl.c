#include "csystem_openssl.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static int no_pass_phrase(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

void csystem_ssl_ctx_prepare(SSL_CTX *context) {
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
    // Each connection of this program stands alone; a cache of sessions would only grow.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    // Without an id a server that verifies clients refuses resumption with an error.
    (void)SSL_CTX_set_session_id_context(context, (const unsigned char *)"gantry", 6);
}

static void append(char *text, size_t size, const char *word, size_t length) {
    size_t used = strlen(text);
    if (used + length + 3 > size) return;
    if (used > 0) {
        memcpy(text + used, ", ", 2);
        used += 2;
    }
    for (size_t index = 0; index < length; index++) {
        // Names come from the peer and end in a terminal.
        text[used + index] = word[index] > 31 && word[index] < 127 ? word[index] : '?';
    }
    text[used + length] = 0;
}

static void note_names(char *text, size_t size, X509 *certificate) {
    text[0] = 0;
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int index = 0; index < sk_GENERAL_NAME_num(names); index++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
        if (name->type == GEN_DNS) {
            append(text, size, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                   (size_t)ASN1_STRING_length(name->d.dNSName));
        } else if (name->type == GEN_IPADD) {
            char address[INET6_ADDRSTRLEN] = "";
            int length = ASN1_STRING_length(name->d.iPAddress);
            if (length == 4 || length == 16) {
                inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), address,
                          sizeof address);
                append(text, size, address, strlen(address));
            }
        }
    }
    GENERAL_NAMES_free(names);
    if (text[0] != 0) return;
    char common[256] = "";
    int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common, sizeof common);
    if (length > 0) append(text, size, common, strlen(common));
}

static int verified(int accepted, X509_STORE_CTX *store) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    csystem_tls_notes *notes = ssl != NULL ? SSL_get_app_data(ssl) : NULL;
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (!accepted && notes != NULL && certificate != NULL) {
        note_names(notes->rejected_names, sizeof notes->rejected_names, certificate);
    }
    return accepted;
}

void csystem_ssl_ctx_verify(SSL_CTX *context, int mode) { SSL_CTX_set_verify(context, mode, verified); }

static int certificate_requested(SSL *ssl, X509 **certificate, EVP_PKEY **key) {
    (void)certificate, (void)key;
    csystem_tls_notes *notes = SSL_get_app_data(ssl);
    if (notes != NULL) notes->certificate_requested = 1;
    return 0;
}

void csystem_ssl_ctx_note_certificate_requests(SSL_CTX *context) {
    // OpenSSL asks only when no certificate is configured.
    SSL_CTX_set_client_cert_cb(context, certificate_requested);
}

void csystem_ssl_set_notes(SSL *ssl, csystem_tls_notes *notes) { SSL_set_app_data(ssl, notes); }

int csystem_ssl_set_server_name(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }

size_t csystem_bio_pending(BIO *bio) { return BIO_ctrl_pending(bio); }

void csystem_bio_empty_means_retry(BIO *bio) { BIO_set_mem_eof_return(bio, -1); }

int csystem_err_reason(unsigned long error) { return ERR_GET_REASON(error); }

int csystem_err_peer_alert(unsigned long error) {
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) return 0;
    int reason = ERR_GET_REASON(error);
    return reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256 ? reason - SSL_AD_REASON_OFFSET : 0;
}
