#include <libwebsockets.h>

/// `LWS_WRITE_RAW` is a macro for another enumerator: bytes as they are, without a frame around.
static inline int switchboard_lws_write_raw(struct lws *wsi, const void *bytes, size_t count) {
    // lws_write takes a pointer to mutable bytes for the roles that write a header before them; the
    // raw role only reads.
    return lws_write(wsi, (unsigned char *)bytes, count, LWS_WRITE_RAW);
}

/// `LWS_PRE` is an expression: the bytes before every buffer of libwebsockets.
static const int LWS_PRE_BYTES = LWS_PRE;
