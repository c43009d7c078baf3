#include "common/transport/frame.hpp"

#include <cstring>

#include <zmq.h>

#include "common/base/check.hpp"

namespace onput::transport {
namespace {

static_assert(sizeof(zmq_msg_t) == 64);

// Below this a copy is cheaper than handing memory to another thread to free.
constexpr std::size_t copied_bytes_max = 512;

zmq_msg_t* message_of(void* handle) {
    return static_cast<zmq_msg_t*>(handle);
}

// Runs on an I/O thread once the frame is on its way.
void free_text(void*, void* hint) {
    delete static_cast<std::string*>(hint);
}

void fill(void* handle, std::string_view bytes) {
    ONPUT_CHECK(zmq_msg_init_size(message_of(handle), bytes.size()) == 0);
    if (!bytes.empty()) std::memcpy(zmq_msg_data(message_of(handle)), bytes.data(), bytes.size());
}

}  // namespace

// libzmq fills the message in.
Frame::Frame() {  // NOLINT(cppcoreguidelines-pro-type-member-init)
    zmq_msg_init(message_of(handle()));
}

Frame::Frame(std::string bytes) {  // NOLINT(cppcoreguidelines-pro-type-member-init)
    if (bytes.size() <= copied_bytes_max) {
        fill(handle(), bytes);
        return;
    }
    auto* text = new std::string(std::move(bytes));
    ONPUT_CHECK(
        zmq_msg_init_data(message_of(handle()), text->data(), text->size(), &free_text, text) == 0);
}

Frame::~Frame() {
    zmq_msg_close(message_of(handle()));
}

Frame::Frame(Frame&& other) noexcept : Frame() {
    zmq_msg_move(message_of(handle()), message_of(other.handle()));
}

Frame& Frame::operator=(Frame&& other) noexcept {
    if (this != &other) zmq_msg_move(message_of(handle()), message_of(other.handle()));
    return *this;
}

Frame Frame::copy_of(std::string_view bytes) {
    Frame frame;
    fill(frame.handle(), bytes);
    return frame;
}

std::string_view Frame::view() const {
    // libzmq's reader of a message takes it as changeable, and does not change it.
    auto* message = const_cast<zmq_msg_t*>(reinterpret_cast<const zmq_msg_t*>(message_.data()));
    return {static_cast<const char*>(zmq_msg_data(message)), zmq_msg_size(message)};
}

}  // namespace onput::transport
