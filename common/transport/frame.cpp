#include "common/transport/frame.hpp"

#include <memory>
#include <new>

#include <zmq.hpp>

#include "common/base/check.hpp"

namespace onput::transport {
namespace {

// Below this a copy is cheaper than handing memory to another thread to free.
constexpr std::size_t copied_bytes_max = 512;

// Runs on an I/O thread once the frame is on its way.
void free_text(void*, void* hint) {
    delete static_cast<std::string*>(hint);
}

// noexcept: no memory for a frame ends the process.
template <typename... Arguments>
void construct(std::array<std::byte, sizeof(zmq::message_t)>& storage,
               Arguments&&... arguments) noexcept {
    new (storage.data()) zmq::message_t(std::forward<Arguments>(arguments)...);
}

}  // namespace

// The constructor of zmq::message_t fills the storage in.
// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init)
Frame::Frame() {
    construct(storage_);
}

Frame::Frame(std::string bytes) {
    if (bytes.size() <= copied_bytes_max) {
        construct(storage_, bytes.data(), bytes.size());
        return;
    }
    auto text = std::make_unique<std::string>(std::move(bytes));
    construct(storage_, text->data(), text->size(), &free_text, text.get());
    static_cast<void>(text.release());  // free_text's.
}

Frame::Frame(Frame&& other) noexcept {
    construct(storage_, std::move(other.message()));
}
// NOLINTEND(cppcoreguidelines-pro-type-member-init)

Frame::~Frame() {
    std::destroy_at(&message());
}

Frame& Frame::operator=(Frame&& other) noexcept {
    // Its own move assignment would swap, and the other frame would keep our bytes alive.
    if (this != &other) message().move(other.message());
    return *this;
}

Frame Frame::copy_of(std::string_view bytes) noexcept {
    Frame frame;
    frame.message() = zmq::message_t(bytes.data(), bytes.size());
    return frame;
}

zmq::message_t& Frame::message() {
    return *std::launder(reinterpret_cast<zmq::message_t*>(storage_.data()));
}

const zmq::message_t& Frame::message() const {
    return *std::launder(reinterpret_cast<const zmq::message_t*>(storage_.data()));
}

std::string_view Frame::view() const {
    return message().to_string_view();
}

}  // namespace onput::transport
