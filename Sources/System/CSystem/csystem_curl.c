// libcurl brings 33 libraries into a process, a third of the time that a command takes to start, and most commands never
// speak to Docker: it is loaded when it is first needed. Each function that is used stands here once more and hands its
// call on; one that is missing is missed by the linker.
#include "csystem_curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

// curl.h makes macros of these, for the checks of GCC.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

// The variadic ones: handed on by the typed functions below.
#define VARIADIC(F) F(curl_easy_setopt) F(curl_easy_getinfo) F(curl_multi_setopt)

// The others: name, result, parameters, arguments. curl_global_init comes before all of them.
#define PLAIN(F)                                                                                                      \
    F(curl_easy_init, CURL *, (void), ())                                                                             \
    F(curl_easy_cleanup, void, (CURL * easy), (easy))                                                                 \
    F(curl_easy_pause, CURLcode, (CURL * easy, int bits), (easy, bits))                                               \
    F(curl_easy_strerror, const char *, (CURLcode code), (code))                                                      \
    F(curl_multi_init, CURLM *, (void), ())                                                                           \
    F(curl_multi_cleanup, CURLMcode, (CURLM * multi), (multi))                                                        \
    F(curl_multi_add_handle, CURLMcode, (CURLM * multi, CURL * easy), (multi, easy))                                  \
    F(curl_multi_remove_handle, CURLMcode, (CURLM * multi, CURL * easy), (multi, easy))                               \
    F(curl_multi_socket_action, CURLMcode, (CURLM * multi, curl_socket_t socket, int events, int *running),           \
      (multi, socket, events, running))                                                                               \
    F(curl_multi_info_read, CURLMsg *, (CURLM * multi, int *left), (multi, left))                                     \
    F(curl_getdate, time_t, (const char *text, const time_t *unused), (text, unused))                                 \
    F(curl_slist_append, struct curl_slist *, (struct curl_slist * list, const char *text), (list, text))             \
    F(curl_slist_free_all, void, (struct curl_slist * list), (list))

#define POINTER(name, ...) static __typeof__(name) *real_##name;
VARIADIC(POINTER)
PLAIN(POINTER)
POINTER(curl_global_init)

static const char *problem;

static void load(void) {
    // For the life of the process: its threads and callbacks could outlive any moment to close it.
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        problem = dlerror();
        return;
    }
#define FIND(name, ...)                                                                                               \
    if ((real_##name = (__typeof__(name) *)dlsym(library, #name)) == NULL) problem = "libcurl.so.4 has no " #name;
    VARIADIC(FIND)
    PLAIN(FIND)
    FIND(curl_global_init)
}

const char *csystem_curl_problem(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return problem;
}

// Hidden, so that libcurl's own calls to itself stay its own.
#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN CURLcode curl_global_init(long flags) {
    return csystem_curl_problem() == NULL ? real_curl_global_init(flags) : CURLE_FAILED_INIT;
}

#define FORWARD(name, result, parameters, arguments)                                                                  \
    HIDDEN result name parameters { return real_##name arguments; }
PLAIN(FORWARD)

CURLcode csystem_curl_set_long(CURL *easy, CURLoption option, long value) {
    return real_curl_easy_setopt(easy, option, value);
}

CURLcode csystem_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return real_curl_easy_setopt(easy, option, value);
}

CURLcode csystem_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return real_curl_easy_setopt(easy, option, value);
}

CURLcode csystem_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return real_curl_easy_setopt(easy, option, value);
}

CURLcode csystem_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return real_curl_easy_setopt(easy, option, value);
}

CURLcode csystem_curl_set_data_callback(
    CURL *easy, CURLoption option, size_t (*value)(char *, size_t, size_t, void *)) {
    return real_curl_easy_setopt(easy, option, value);
}

CURLcode csystem_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return real_curl_easy_getinfo(easy, info, value);
}

long long csystem_curl_certificate_end(CURL *easy) {
    const struct curl_certinfo *chain = NULL;
    long long end = -1;
    if (real_curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL) return -1;
    for (int i = 0; i < chain->num_of_certs; i++) {
        for (const struct curl_slist *line = chain->certinfo[i]; line != NULL; line = line->next) {
            static const char name[] = "Expire date:";
            if (strncmp(line->data, name, sizeof name - 1) != 0) continue;
            time_t time = real_curl_getdate(line->data + sizeof name - 1, NULL);
            if (time > 0 && (end < 0 || time < end)) end = time;
        }
    }
    return end;
}

CURLcode csystem_curl_get_pointer(CURL *easy, CURLINFO info, char **value) {
    return real_curl_easy_getinfo(easy, info, value);
}

CURLMcode csystem_curl_multi_set_callbacks(
    CURLM *multi, curl_socket_callback socket, curl_multi_timer_callback timer, void *context) {
    CURLMcode code = real_curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
    if (code == CURLM_OK) code = real_curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    if (code == CURLM_OK) code = real_curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
    if (code == CURLM_OK) code = real_curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return code;
}
