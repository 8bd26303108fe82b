#include <ev.h>

// libev's watcher initialisers are macros, which Swift can't import. Each function below is exactly
// the macro whose name it ends in, or the one macro and the field that it can't reach.

typedef void (*switchboard_ev_io_callback)(struct ev_loop *, ev_io *, int);
typedef void (*switchboard_ev_timer_callback)(struct ev_loop *, ev_timer *, int);
typedef void (*switchboard_ev_signal_callback)(struct ev_loop *, ev_signal *, int);
typedef void (*switchboard_ev_prepare_callback)(struct ev_loop *, ev_prepare *, int);
typedef void (*switchboard_ev_check_callback)(struct ev_loop *, ev_check *, int);
typedef void (*switchboard_ev_async_callback)(struct ev_loop *, ev_async *, int);

/// `ev_io_init`: a watcher of one descriptor.
static inline void switchboard_ev_io_init(
    ev_io *watcher, switchboard_ev_io_callback callback, int descriptor, int events) {
    ev_io_init(watcher, callback, descriptor, events);
}

/// `ev_io_set`: new events for a stopped watcher.
static inline void switchboard_ev_io_set(ev_io *watcher, int descriptor, int events) {
    ev_io_set(watcher, descriptor, events);
}

/// `ev_timer_init`: seconds until the first call and between the later ones (0 = one call).
static inline void switchboard_ev_timer_init(
    ev_timer *watcher, switchboard_ev_timer_callback callback, double after, double repeat) {
    ev_timer_init(watcher, callback, after, repeat);
}

/// `ev_timer_set`: new times for a stopped watcher.
static inline void switchboard_ev_timer_set(ev_timer *watcher, double after, double repeat) {
    ev_timer_set(watcher, after, repeat);
}

/// `ev_signal_init`: a watcher of one signal.
static inline void switchboard_ev_signal_init(
    ev_signal *watcher, switchboard_ev_signal_callback callback, int number) {
    ev_signal_init(watcher, callback, number);
}

/// `ev_prepare_init`: called before the loop sleeps, after every other watcher of its kind.
static inline void switchboard_ev_prepare_init(
    ev_prepare *watcher, switchboard_ev_prepare_callback callback) {
    ev_prepare_init(watcher, callback);
    ev_set_priority(watcher, EV_MINPRI);
}

/// `ev_check_init`: called when the loop wakes, before every other watcher.
static inline void switchboard_ev_check_init(
    ev_check *watcher, switchboard_ev_check_callback callback) {
    ev_check_init(watcher, callback);
    ev_set_priority(watcher, EV_MAXPRI);
}

/// `ev_async_init`: woken from another thread by `ev_async_send`.
static inline void switchboard_ev_async_init(
    ev_async *watcher, switchboard_ev_async_callback callback) {
    ev_async_init(watcher, callback);
}
