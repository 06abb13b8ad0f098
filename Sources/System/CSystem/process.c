#include "csystem_process.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int csystem_process_spawn(const struct csystem_spawn *request, pid_t *child) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }

    sigset_t all, none;
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    sigemptyset(&none);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID;
    if (!error) error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!error) error = posix_spawnattr_setsigmask(&attributes, &none);
    if (!error) error = posix_spawnattr_setflags(&attributes, flags);
    if (!error) error = posix_spawn_file_actions_adddup2(&files, request->input, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&files, request->output, 1);
    if (!error) error = posix_spawn_file_actions_adddup2(&files, request->error, 2);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(&files, 3);
    if (!error && request->directory) error = posix_spawn_file_actions_addchdir_np(&files, request->directory);
    if (!error) {
        char *const *environment = request->environment ? request->environment : environ;
        error = posix_spawnp(child, request->executable, &files, &attributes, request->arguments, environment);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

int csystem_process_pidfd(pid_t child) { return (int)syscall(SYS_pidfd_open, child, 0); }

int csystem_process_has_ended(pid_t child) {
    siginfo_t info;
    int result;
    memset(&info, 0, sizeof info);
    do result = waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT);
    while (result == -1 && errno == EINTR);
    return result == -1 ? -1 : info.si_pid == child;
}

int csystem_process_pipe(int ends[2]) {
    int raw[2];
    if (pipe2(raw, O_CLOEXEC) == -1) return errno;
    for (int i = 0; i < 2; i++) {
        ends[i] = raw[i] > 2 ? raw[i] : fcntl(raw[i], F_DUPFD_CLOEXEC, 3);
        if (ends[i] == -1) {
            int error = errno;
            close(raw[0]);
            close(raw[1]);
            if (i == 1 && ends[0] != raw[0]) close(ends[0]);
            return error;
        }
    }
    for (int i = 0; i < 2; i++)
        if (ends[i] != raw[i]) close(raw[i]);
    return 0;
}

ssize_t csystem_process_write(int descriptor, const void *bytes, size_t count) {
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    int was_pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    ssize_t written = write(descriptor, bytes, count);
    int error = errno;
    if (written == -1 && error == EPIPE && !was_pending) {
        const struct timespec now = {0, 0};
        while (sigtimedwait(&pipe_signal, NULL, &now) == -1 && errno == EINTR) {}
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

int csystem_process_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags == -1 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

char **csystem_process_environment(void) { return environ; }

const char *csystem_process_words(int error) {
    const char *words = strerrordesc_np(error);
    return words ? words : "unknown system error";
}

int csystem_process_open(const char *path, int flags, unsigned mode) {
    int descriptor;
    do descriptor = open(path, flags | O_CLOEXEC, mode);
    while (descriptor == -1 && errno == EINTR);
    if (descriptor > 2 || descriptor == -1) return descriptor;
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    close(descriptor);
    return moved;
}

int csystem_process_lock(int descriptor, int wait) {
    int result;
    do result = flock(descriptor, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (result == -1 && errno == EINTR);
    return result;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    remove(path);
    return 0;
}

void csystem_process_remove_tree(const char *path) { nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

int csystem_process_connect(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor == -1) return -1;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

struct thread_start {
    void (*body)(void *);
    void *context;
};

static void *thread_main(void *raw) {
    struct thread_start start = *(struct thread_start *)raw;
    free(raw);
    start.body(start.context);
    return NULL;
}

int csystem_process_thread(const char *name, void (*body)(void *), void *context) {
    struct thread_start *start = malloc(sizeof *start);
    if (!start) return ENOMEM;
    *start = (struct thread_start){body, context};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, thread_main, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(start);
        return error;
    }
    pthread_setname_np(thread, name);
    pthread_detach(thread);
    return 0;
}
