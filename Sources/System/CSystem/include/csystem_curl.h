#pragma once
// curl's setopt and getinfo are variadic, which Swift does not import: one function for each type of argument.
// All of libcurl is loaded by curl_global_init: see csystem_curl.c.
#include <curl/curl.h>

/// Why libcurl could not be loaded; NULL when it is there. Loads it.
const char *csystem_curl_problem(void);

CURLcode csystem_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode csystem_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value);
CURLcode csystem_curl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode csystem_curl_set_pointer(CURL *easy, CURLoption option, void *value);
CURLcode csystem_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
// curl_write_callback, curl_read_callback and the header callback share this shape.
CURLcode csystem_curl_set_data_callback(
    CURL *easy, CURLoption option, size_t (*value)(char *, size_t, size_t, void *));
CURLcode csystem_curl_get_long(CURL *easy, CURLINFO info, long *value);
// When the first certificate of the peer's chain ends (seconds since the epoch), where CURLOPT_CERTINFO was set; -1: none.
long long csystem_curl_certificate_end(CURL *easy);
CURLcode csystem_curl_get_pointer(CURL *easy, CURLINFO info, char **value);
// What curl_multi_socket_action(3) needs: which sockets to watch, and when to come back.
CURLMcode csystem_curl_multi_set_callbacks(
    CURLM *multi, curl_socket_callback socket, curl_multi_timer_callback timer, void *context);
