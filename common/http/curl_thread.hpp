// What a thread needs that drives libcurl. For common/http and the notifier's sender, whose guards
// for strangers' addresses are its own.
#pragma once

namespace onput::http {

// Makes the library's own state, once for the process. Any thread, as often as wanted.
void init_curl();

// Of the calling thread, all of them: signals are the loop's business, and a peer that closes while
// TLS writes raises SIGPIPE.
void block_signals();

}  // namespace onput::http
