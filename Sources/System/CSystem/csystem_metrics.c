#include "csystem_metrics.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// A scraper or two and somebody who looks: whoever opens more connections than this waits.
enum { most_connections = 16, seconds_of_silence = 10, most_memory = 16 * 1024 };

typedef struct server {
    struct MHD_Daemon *daemon;
    csystem_page_maker make;
    void *context;
    uint16_t port;
} server;

static __typeof__(MHD_start_daemon) *start_daemon;
static __typeof__(MHD_stop_daemon) *stop_daemon;
static __typeof__(MHD_create_response_from_buffer) *create_response;
static __typeof__(MHD_add_response_header) *add_header;
static __typeof__(MHD_queue_response) *queue_response;
static __typeof__(MHD_destroy_response) *destroy_response;

static int load(char *reason, size_t room) {
    void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(reason, room, "%s", dlerror());
        return 0;
    }
    start_daemon = (__typeof__(start_daemon))dlsym(library, "MHD_start_daemon");
    stop_daemon = (__typeof__(stop_daemon))dlsym(library, "MHD_stop_daemon");
    create_response = (__typeof__(create_response))dlsym(library, "MHD_create_response_from_buffer");
    add_header = (__typeof__(add_header))dlsym(library, "MHD_add_response_header");
    queue_response = (__typeof__(queue_response))dlsym(library, "MHD_queue_response");
    destroy_response = (__typeof__(destroy_response))dlsym(library, "MHD_destroy_response");
    if (start_daemon && stop_daemon && create_response && add_header && queue_response && destroy_response) return 1;
    snprintf(reason, room, "libmicrohttpd lacks a function that is needed");
    return 0;
}

static enum MHD_Result answer(struct MHD_Connection *connection, csystem_page *page, const char *allow) {
    struct MHD_Response *response =
        create_response(page->length, page->body, page->body == NULL ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(page->body);
        return MHD_NO;
    }
    if (page->type) add_header(response, "Content-Type", page->type);
    if (allow) add_header(response, "Allow", allow);
    enum MHD_Result result = queue_response(connection, page->status, response);
    destroy_response(response);
    return result;
}

static enum MHD_Result handle(
    void *closure, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
    const char *upload, size_t *upload_size, void **request) {
    static int begun;
    (void)version;
    (void)upload;
    server *this = closure;
    // The first call has the headers alone; what is uploaded is read and thrown away.
    if (*request == NULL) {
        *request = &begun;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    csystem_page page = {.status = 405, .type = NULL, .body = NULL, .length = 0};
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) return answer(connection, &page, "GET, HEAD");
    this->make(this->context, path, &page);
    return answer(connection, &page, NULL);
}

static int listening_socket(const char *host, uint16_t port, char *reason, size_t room) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    int code = getaddrinfo(host, service, &hints, &found);
    if (code != 0) {
        snprintf(reason, room, "%s", gai_strerror(code));
        return -1;
    }
    int descriptor = -1, on = 1, problem = EADDRNOTAVAIL;
    for (struct addrinfo *next = found; next != NULL && descriptor < 0; next = next->ai_next) {
        descriptor = socket(next->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (descriptor < 0) continue;
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(descriptor, next->ai_addr, next->ai_addrlen) != 0 || listen(descriptor, most_connections) != 0) {
            problem = errno;
            close(descriptor);
            descriptor = -1;
        }
    }
    freeaddrinfo(found);
    if (descriptor < 0) snprintf(reason, room, "%s", strerror(problem));
    return descriptor;
}

static uint16_t bound_port(int descriptor) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char service[8];
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) return 0;
    if (getnameinfo((struct sockaddr *)&address, length, NULL, 0, service, sizeof service, NI_NUMERICSERV) != 0) return 0;
    return (uint16_t)strtoul(service, NULL, 10);
}

void *csystem_metrics_start(
    const char *host, uint16_t port, csystem_page_maker make, void *context, char *reason, size_t room) {
    if (!load(reason, room)) return NULL;
    int descriptor = listening_socket(host, port, reason, room);
    if (descriptor < 0) return NULL;
    server *this = calloc(1, sizeof *this);
    if (this == NULL) {
        close(descriptor);
        snprintf(reason, room, "%s", strerror(ENOMEM));
        return NULL;
    }
    this->make = make;
    this->context = context;
    this->port = bound_port(descriptor);
    this->daemon = start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL, NULL, handle, this, MHD_OPTION_LISTEN_SOCKET,
        descriptor, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)most_connections, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned int)seconds_of_silence, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)most_memory, MHD_OPTION_END);
    if (this->daemon == NULL) {
        close(descriptor);
        free(this);
        snprintf(reason, room, "the server's thread can't be started");
        return NULL;
    }
    return this;
}

uint16_t csystem_metrics_port(void *closure) { return ((server *)closure)->port; }

void csystem_metrics_stop(void *closure) {
    server *this = closure;
    stop_daemon(this->daemon);
    free(this);
}
