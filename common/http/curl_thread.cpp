#include "common/http/curl_thread.hpp"

#include <csignal>
#include <curl/curl.h>

#include "common/base/check.hpp"

namespace onput::http {

void init_curl() {
    static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    ONPUT_CHECK(is_ready);
}

void block_signals() {
    sigset_t all;
    sigfillset(&all);
    ONPUT_CHECK(pthread_sigmask(SIG_SETMASK, &all, nullptr) == 0);
}

}  // namespace onput::http
