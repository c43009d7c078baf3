// Frame: one part of a ZeroMQ message, passed along without copying its bytes. Movable, not
// copyable.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace onput::transport {

class Frame {
public:
    Frame();
    explicit Frame(
        std::string bytes);  // Takes the text's memory over; no copy above a few hundred bytes.
    ~Frame();
    Frame(Frame&& other) noexcept;
    Frame& operator=(Frame&& other) noexcept;

    static Frame copy_of(std::string_view bytes);

    [[nodiscard]] std::string_view view() const;
    [[nodiscard]] std::size_t size() const { return view().size(); }
    [[nodiscard]] std::string to_string() const { return std::string(view()); }

    [[nodiscard]] void* handle() { return message_.data(); }  // zmq_msg_t*

private:
    alignas(
        std::max_align_t) std::array<std::byte, 64> message_;  // zmq_msg_t is 64 bytes in ZeroMQ 4.
};

}  // namespace onput::transport
