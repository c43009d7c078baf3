// Receipt handles: what a receiver gets with a message and hands back to delete it or to change its
// visibility. New with each receive. Clients take them as opaque; a checksum tells a damaged one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/queue/messages/ids.hpp"

namespace onput::queue {

struct Receipt {
    QueueNumber queue;
    MessageNumber message;
    LeaseId lease;

    friend bool operator==(const Receipt&, const Receipt&) = default;
};

std::string format_receipt(const Receipt& receipt);

// Nothing when `handle` was never given by format_receipt.
std::optional<Receipt> parse_receipt(std::string_view handle);

}  // namespace onput::queue
