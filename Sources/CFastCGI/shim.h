#include <fcgiapp.h>
// Swift's Glibc module leaves these two out; the accepting of connections needs them.
#include <sys/epoll.h>
#include <sys/eventfd.h>
