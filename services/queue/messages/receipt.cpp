#include "services/queue/messages/receipt.hpp"

#include <cstring>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::queue {
namespace {

// Never leaves this machine other than as an opaque text, so host byte order will do.
struct Packed {
    std::uint64_t message;
    std::uint64_t lease;
    std::uint32_t queue;
    std::uint32_t checksum;
};
static_assert(sizeof(Packed) == 24);

constexpr std::size_t handle_bytes = 32;  // Base64 of 24 bytes.

std::uint32_t checksum_of(const Packed& packed) {
    return crc32c({reinterpret_cast<const char*>(&packed), offsetof(Packed, checksum)});
}

}  // namespace

std::string format_receipt(const Receipt& receipt) {
    Packed packed{.message = receipt.message.get(),
                  .lease = receipt.lease.get(),
                  .queue = receipt.queue.get(),
                  .checksum = 0};
    packed.checksum = checksum_of(packed);
    return to_base64({reinterpret_cast<const char*>(&packed), sizeof(packed)});
}

std::optional<Receipt> parse_receipt(std::string_view handle) {
    if (handle.size() != handle_bytes) return {};
    const auto bytes = from_base64(handle);
    Packed packed{};
    if (!bytes || bytes->size() != sizeof(packed)) return {};
    std::memcpy(&packed, bytes->data(), sizeof(packed));
    if (packed.checksum != checksum_of(packed)) return {};
    return Receipt{.queue = QueueNumber(packed.queue),
                   .message = MessageNumber(packed.message),
                   .lease = LeaseId(packed.lease)};
}

}  // namespace onput::queue
