#include "common/schema/codec.hpp"

#include <limits>

#include <msgpack.hpp>

#include "common/base/check.hpp"

namespace onput::schema {
namespace {

// Lets msgpack::packer append to a std::string.
struct Sink {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
};

const msgpack::object& object_of(const void* object) {
    ONPUT_CHECK(object != nullptr);
    return *static_cast<const msgpack::object*>(object);
}

// Texts stay in the caller's bytes: nothing is copied while parsing.
bool always_refer(msgpack::type::object_type, std::size_t, void*) {
    return true;
}

constexpr std::size_t string_bytes_max = message_bytes_max;

// pack_double asks of each number whether it is a whole one, and does so beyond what std::uint64_t
// holds for exactly this one, which is undefined.
constexpr double two_to_64 = 0x1p64;
constexpr std::string_view packed_two_to_64("\xcb\x43\xf0\0\0\0\0\0\0", 9);

}  // namespace

void Encoder::array(std::size_t count) {
    ONPUT_CHECK(count <= array_items_max);
    Sink sink{out_};
    msgpack::packer<Sink>(sink).pack_array(static_cast<std::uint32_t>(count));
}
void Encoder::map(std::size_t count) {
    ONPUT_CHECK(count <= map_items_max);
    Sink sink{out_};
    msgpack::packer<Sink>(sink).pack_map(static_cast<std::uint32_t>(count));
}
void Encoder::nil() {
    Sink sink{out_};
    msgpack::packer<Sink>(sink).pack_nil();
}
void Encoder::boolean(bool value) {
    Sink sink{out_};
    value ? msgpack::packer<Sink>(sink).pack_true() : msgpack::packer<Sink>(sink).pack_false();
}
void Encoder::integer(std::int64_t value) {
    Sink sink{out_};
    msgpack::packer<Sink>(sink).pack_int64(value);
}
void Encoder::natural(std::uint64_t value) {
    Sink sink{out_};
    msgpack::packer<Sink>(sink).pack_uint64(value);
}
void Encoder::real(double value) {
    Sink sink{out_};
    if (value == two_to_64) return sink.write(packed_two_to_64.data(), packed_two_to_64.size());
    msgpack::packer<Sink>(sink).pack_double(value);
}
void Encoder::text(std::string_view value) {
    ONPUT_CHECK(value.size() <= string_bytes_max);
    Sink sink{out_};
    msgpack::packer<Sink> packer(sink);
    packer.pack_str(static_cast<std::uint32_t>(value.size()));
    packer.pack_str_body(value.data(), static_cast<std::uint32_t>(value.size()));
}

bool Value::is_nil() const {
    return object_of(object_).type == msgpack::type::NIL;
}

std::optional<bool> Value::boolean() const {
    const auto& object = object_of(object_);
    if (object.type != msgpack::type::BOOLEAN) return {};
    return object.via.boolean;
}

std::optional<std::int64_t> Value::integer() const {
    const auto& object = object_of(object_);
    if (object.type == msgpack::type::NEGATIVE_INTEGER) return object.via.i64;
    constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
    if (object.type == msgpack::type::POSITIVE_INTEGER && object.via.u64 <= max) {
        return static_cast<std::int64_t>(object.via.u64);
    }
    return {};
}

std::optional<std::uint64_t> Value::natural() const {
    const auto& object = object_of(object_);
    if (object.type != msgpack::type::POSITIVE_INTEGER) return {};
    return object.via.u64;
}

std::optional<double> Value::real() const {
    const auto& object = object_of(object_);
    switch (object.type) {
        case msgpack::type::FLOAT32:
        case msgpack::type::FLOAT64: return object.via.f64;
        // msgpack's packer writes a whole number as an integer, which is shorter.
        case msgpack::type::POSITIVE_INTEGER: return static_cast<double>(object.via.u64);
        case msgpack::type::NEGATIVE_INTEGER: return static_cast<double>(object.via.i64);
        default: return {};
    }
}

std::optional<std::string_view> Value::text() const {
    const auto& object = object_of(object_);
    if (object.type == msgpack::type::STR)
        return std::string_view(object.via.str.ptr, object.via.str.size);
    if (object.type == msgpack::type::BIN)
        return std::string_view(object.via.bin.ptr, object.via.bin.size);
    return {};
}

std::optional<std::size_t> Value::array_size() const {
    const auto& object = object_of(object_);
    if (object.type != msgpack::type::ARRAY) return {};
    return object.via.array.size;
}

Value Value::at(std::size_t index) const {
    const auto& object = object_of(object_);
    ONPUT_CHECK(object.type == msgpack::type::ARRAY && index < object.via.array.size);
    return Value(&object.via.array.ptr[index]);
}

std::optional<std::size_t> Value::map_size() const {
    const auto& object = object_of(object_);
    if (object.type != msgpack::type::MAP) return {};
    return object.via.map.size;
}

std::pair<Value, Value> Value::entry(std::size_t index) const {
    const auto& object = object_of(object_);
    ONPUT_CHECK(object.type == msgpack::type::MAP && index < object.via.map.size);
    const auto& pair = object.via.map.ptr[index];
    return {Value(&pair.key), Value(&pair.val)};
}

struct Document::State {
    msgpack::zone zone;
    msgpack::object root;
};

Document::Document(std::unique_ptr<State> state) : state_(std::move(state)) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Value Document::root() const {
    return Value(&state_->root);
}

Result<Document> Document::parse(std::string_view bytes) {
    if (bytes.size() > message_bytes_max) {
        return fail(ErrorCode::corruption,
                    "message is larger than " + std::to_string(message_bytes_max) + " bytes");
    }
    const msgpack::unpack_limit limit(array_items_max, map_items_max, string_bytes_max,
                                      string_bytes_max, 0, nesting_max);
    auto state = std::make_unique<State>();
    try {
        std::size_t offset = 0;
        state->root = msgpack::unpack(state->zone, bytes.data(), bytes.size(), offset, always_refer,
                                      nullptr, limit);
        if (offset != bytes.size()) {
            return fail(ErrorCode::corruption, "bytes follow the message");
        }
    } catch (const std::exception& error) {
        return fail(ErrorCode::corruption,
                    std::string("not msgpack within the limits: ") + error.what());
    }
    return Document(std::move(state));
}

namespace detail {

Result<Value> open_message(const Document& document, const MessageInfo& info) {
    const Value root = document.root();
    const auto size = root.array_size();
    if (!size || *size < 4) return fail(ErrorCode::corruption, "not a message: no array of four");
    const auto kind = root.at(0).natural();
    const auto compatible = root.at(2).natural();
    if (!kind || !compatible || !root.at(3).array_size()) {
        return fail(ErrorCode::corruption, "not a message: kind, versions or fields missing");
    }
    if (*kind != static_cast<std::uint64_t>(info.kind)) {
        return fail(ErrorCode::corruption,
                    "message of kind " + std::to_string(*kind) + " where " +
                        std::to_string(static_cast<std::uint64_t>(info.kind)) + " was expected");
    }
    if (*compatible > info.version) {
        return fail(ErrorCode::corruption, "message of kind " + std::to_string(*kind) +
                                               " needs a reader of version " +
                                               std::to_string(*compatible));
    }
    return root.at(3);
}

Error fields_do_not_fit(const MessageInfo& info) {
    return Error{.code = ErrorCode::corruption,
                 .message = "fields of message kind " +
                            std::to_string(static_cast<std::uint64_t>(info.kind)) + " do not fit"};
}

}  // namespace detail

Result<Kind> kind_of(std::string_view bytes) {
    ONPUT_TRY(const Document document, Document::parse(bytes));
    const auto size = document.root().array_size();
    const auto kind = size && *size > 0 ? document.root().at(0).natural() : std::nullopt;
    if (!kind || !std::in_range<std::uint16_t>(*kind)) {
        return fail(ErrorCode::corruption, "not a message: no kind");
    }
    return static_cast<Kind>(*kind);
}

}  // namespace onput::schema
