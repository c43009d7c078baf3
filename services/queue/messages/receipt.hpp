// Receipt handles: what a receiver gets with a message and hands back to delete it or to change its
// visibility. New with each receive. Clients take them as opaque; a keyed MAC tells those that were
// never given out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/queue/messages/ids.hpp"

namespace onput::queue {

inline constexpr std::size_t receipt_key_bytes = 32;

struct Receipt {
    QueueNumber queue;
    MessageNumber message;
    LeaseId lease;

    friend bool operator==(const Receipt&, const Receipt&) = default;
};

// `key` is this store's: receipts outlive a restart.
std::string format_receipt(const Receipt& receipt, std::string_view key);

// Nothing when `handle` was never given by format_receipt with this key.
std::optional<Receipt> parse_receipt(std::string_view handle, std::string_view key);

}  // namespace onput::queue
