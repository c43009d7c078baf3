#include "services/queue/messages/receipt.hpp"

#include <array>
#include <cstring>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::queue {
namespace {

// Of the 32; so many that a handle is whole groups of base64: each character counts.
constexpr std::size_t mac_bytes = 28;

// Never leaves this machine other than as an opaque text, so host byte order will do.
struct Packed {
    std::uint64_t message;
    std::uint64_t lease;
    std::uint32_t queue;
    std::array<char, mac_bytes> mac;
};
static_assert(sizeof(Packed) == 48);

constexpr std::size_t handle_bytes = 64;  // Base64 of 48 bytes.

std::array<char, mac_bytes> mac_of(Packed packed, std::string_view key) {
    packed.mac = {};
    const std::string whole =
        hmac_sha256(key, {reinterpret_cast<const char*>(&packed), sizeof(packed)});
    std::array<char, mac_bytes> mac{};
    std::memcpy(mac.data(), whole.data(), mac.size());
    return mac;
}

std::string_view text_of(const std::array<char, mac_bytes>& mac) {
    return {mac.data(), mac.size()};
}

}  // namespace

std::string format_receipt(const Receipt& receipt, std::string_view key) {
    Packed packed{.message = receipt.message.get(),
                  .lease = receipt.lease.get(),
                  .queue = receipt.queue.get(),
                  .mac = {}};
    packed.mac = mac_of(packed, key);
    return to_base64({reinterpret_cast<const char*>(&packed), sizeof(packed)});
}

std::optional<Receipt> parse_receipt(std::string_view handle, std::string_view key) {
    if (handle.size() != handle_bytes) return {};
    const auto bytes = from_base64(handle);
    Packed packed{};
    if (!bytes || bytes->size() != sizeof(packed)) return {};
    std::memcpy(&packed, bytes->data(), sizeof(packed));
    const auto mac = mac_of(packed, key);
    if (!equal_constant_time(text_of(packed.mac), text_of(mac))) return {};
    return Receipt{.queue = QueueNumber(packed.queue),
                   .message = MessageNumber(packed.message),
                   .lease = LeaseId(packed.lease)};
}

}  // namespace onput::queue
