// Frame: one part of a ZeroMQ message, passed along without copying its bytes. Movable, not
// copyable. It owns its bytes; a moved-from frame is empty. Not thread-safe; it may be moved to
// another thread.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace zmq {
class message_t;
}

namespace onput::transport {

class Frame {
public:
    Frame();
    // Takes the text's memory over; no copy above a few hundred bytes.
    explicit Frame(std::string bytes);
    ~Frame();
    Frame(Frame&& other) noexcept;
    Frame& operator=(Frame&& other) noexcept;

    static Frame copy_of(std::string_view bytes) noexcept;

    [[nodiscard]] std::string_view view() const;
    [[nodiscard]] std::size_t size() const { return view().size(); }
    [[nodiscard]] std::string to_string() const { return std::string(view()); }

    [[nodiscard]] zmq::message_t& message();  // For the sockets of this folder.

private:
    [[nodiscard]] const zmq::message_t& message() const;

    // Room for a zmq::message_t, whose header stays out of this one.
    alignas(std::max_align_t) std::array<std::byte, 64> storage_;
};

}  // namespace onput::transport
