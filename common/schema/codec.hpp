// The one form of every message on a wire and every record in a store: msgpack
//
//     [kind, version, compatible, [values in field order]]
//
// A message is a struct with `static constexpr MessageInfo info` and `visit_fields` (see messages
// in this folder). Nested structs without `info` are plain arrays of their values. Field types:
// bool, integers, enums, double, std::string (text or bytes), Timestamp, Duration, std::optional,
// std::vector, std::map<std::string, T> and nested structs.
//
// Reading is strict where it must be and lenient where versions meet: unknown trailing values are
// skipped, missing ones keep their defaults, a `compatible` above this reader's version is refused.
// Hostile bytes give ErrorCode::corruption, never a crash: depth, counts and sizes are bounded by
// the limits below.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/schema/kind.hpp"

namespace onput::schema {

inline constexpr std::size_t message_bytes_max = 16 * 1024 * 1024;
inline constexpr std::size_t array_items_max = 100'000;
inline constexpr std::size_t map_items_max = 10'000;
inline constexpr std::size_t nesting_max = 16;

struct MessageInfo {  // NOLINT(cppcoreguidelines-pro-type-member-init): a kind is always given.
    Kind kind;
    std::uint16_t version = 1;     // Rises with each added field.
    std::uint16_t compatible = 1;  // The oldest reader's version that still understands it.
};

// Appends msgpack values to a text. Knows no schema.
class Encoder {
public:
    void array(std::size_t count);
    void map(std::size_t count);
    void nil();
    void boolean(bool value);  // NOLINT: the value itself, not a mode.
    void integer(std::int64_t value);
    void natural(std::uint64_t value);
    void real(double value);
    void text(std::string_view value);

    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

// One value of parsed bytes. Valid while its Document lives; texts are views of the parsed bytes.
class Value {
public:
    Value() = default;
    explicit Value(const void* object) : object_(object) {}

    [[nodiscard]] bool is_nil() const;
    [[nodiscard]] std::optional<bool> boolean() const;
    [[nodiscard]] std::optional<std::int64_t> integer() const;
    [[nodiscard]] std::optional<std::uint64_t> natural() const;
    [[nodiscard]] std::optional<double> real() const;
    [[nodiscard]] std::optional<std::string_view> text() const;
    [[nodiscard]] std::optional<std::size_t> array_size() const;  // Nothing when not an array.
    [[nodiscard]] Value at(std::size_t index) const;              // index < array_size().
    [[nodiscard]] std::optional<std::size_t> map_size() const;
    [[nodiscard]] std::pair<Value, Value> entry(std::size_t index) const;

private:
    const void* object_ = nullptr;
};

// Parsed bytes. The bytes must outlive it.
class Document {
public:
    static Result<Document> parse(std::string_view bytes);
    ~Document();
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    [[nodiscard]] Value root() const;

private:
    struct State;
    explicit Document(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// A struct whose fields can be visited.
struct AnyVisitor {
    template <typename T>
    void operator()(std::string_view, T&) const {}
};
template <typename T>
concept Visitable = requires(T& value) { T::visit_fields(value, AnyVisitor{}); };
template <typename T>
concept Message = Visitable<T> && requires { T::info; };

namespace detail {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsMap : std::false_type {};
template <typename T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <Visitable T>
std::size_t count_fields(const T& value) {
    std::size_t count = 0;
    T::visit_fields(value, [&count](std::string_view, const auto&) { ++count; });
    return count;
}

template <typename T>
void write_value(Encoder& out, const T& value);

template <Visitable T>
void write_fields(Encoder& out, const T& value) {
    out.array(count_fields(value));
    T::visit_fields(value,
                    [&out](std::string_view, const auto& field) { write_value(out, field); });
}

template <typename T>
void write_value(Encoder& out, const T& value) {
    if constexpr (std::same_as<T, bool>) {
        out.boolean(value);
    } else if constexpr (std::is_enum_v<T>) {
        out.natural(static_cast<std::uint64_t>(value));
    } else if constexpr (std::unsigned_integral<T>) {
        out.natural(value);
    } else if constexpr (std::signed_integral<T>) {
        out.integer(value);
    } else if constexpr (std::floating_point<T>) {
        out.real(value);
    } else if constexpr (std::same_as<T, Timestamp>) {
        out.integer(to_micros(value));
    } else if constexpr (std::same_as<T, Duration>) {
        out.integer(value.count());
    } else if constexpr (std::same_as<T, std::string>) {
        out.text(value);
    } else if constexpr (IsOptional<T>::value) {
        value ? write_value(out, *value) : out.nil();
    } else if constexpr (IsVector<T>::value) {
        out.array(value.size());
        for (const auto& item : value) write_value(out, item);
    } else if constexpr (IsMap<T>::value) {
        out.map(value.size());
        for (const auto& [key, item] : value) {
            out.text(key);
            write_value(out, item);
        }
    } else {
        write_fields(out, value);
    }
}

template <typename T>
bool read_value(const Value& in, T& value);

template <Visitable T>
bool read_fields(const Value& in, T& value) {
    const auto size = in.array_size();
    if (!size) return false;
    std::size_t index = 0;
    bool good = true;
    T::visit_fields(value, [&](std::string_view, auto& field) {
        if (index < *size && good) good = read_value(in.at(index), field);
        ++index;
    });
    return good;
}

template <typename T, typename Number>
bool store_number(const std::optional<Number>& number, T& value) {
    if (!number || !std::in_range<T>(*number)) return false;
    value = static_cast<T>(*number);
    return true;
}

template <typename T>
bool read_items(const Value& in, std::vector<T>& value) {
    const auto size = in.array_size();
    if (!size) return false;
    value.clear();
    value.reserve(*size);
    for (std::size_t i = 0; i < *size; ++i) {
        if (!read_value(in.at(i), value.emplace_back())) return false;
    }
    return true;
}

template <typename T>
bool read_entries(const Value& in, std::map<std::string, T>& value) {
    const auto size = in.map_size();
    if (!size) return false;
    value.clear();
    for (std::size_t i = 0; i < *size; ++i) {
        const auto [key, item] = in.entry(i);
        const auto name = key.text();
        if (!name || !read_value(item, value[std::string(*name)])) return false;
    }
    return true;
}

template <typename T>
bool read_value(const Value& in, T& value) {
    if constexpr (std::same_as<T, bool>) {
        const auto flag = in.boolean();
        if (flag) value = *flag;
        return flag.has_value();
    } else if constexpr (std::is_enum_v<T>) {
        std::underlying_type_t<T> number{};
        if (!store_number(in.natural(), number)) return false;
        value = static_cast<T>(number);
        return true;
    } else if constexpr (std::unsigned_integral<T>) {
        return store_number(in.natural(), value);
    } else if constexpr (std::signed_integral<T>) {
        return store_number(in.integer(), value);
    } else if constexpr (std::floating_point<T>) {
        const auto number = in.real();
        if (number) value = static_cast<T>(*number);
        return number.has_value();
    } else if constexpr (std::same_as<T, Timestamp>) {
        const auto number = in.integer();
        if (number) value = from_micros(*number);
        return number.has_value();
    } else if constexpr (std::same_as<T, Duration>) {
        const auto number = in.integer();
        if (number) value = Duration(*number);
        return number.has_value();
    } else if constexpr (std::same_as<T, std::string>) {
        const auto text = in.text();
        if (text) value = *text;
        return text.has_value();
    } else if constexpr (IsOptional<T>::value) {
        value.reset();
        return in.is_nil() || read_value(in, value.emplace());
    } else if constexpr (IsVector<T>::value) {
        return read_items(in, value);
    } else if constexpr (IsMap<T>::value) {
        return read_entries(in, value);
    } else {
        return read_fields(in, value);
    }
}

// The fields of [kind, version, compatible, fields], or why these bytes are not a message of that
// info.
Result<Value> open_message(const Document& document, const MessageInfo& info);

Error fields_do_not_fit(const MessageInfo& info);

}  // namespace detail

template <Message M>
std::string encode(const M& message) {
    Encoder out;
    out.array(4);
    out.natural(static_cast<std::uint64_t>(M::info.kind));
    out.natural(M::info.version);
    out.natural(M::info.compatible);
    detail::write_fields(out, message);
    return out.take();
}

template <Message M>
Result<M> decode(std::string_view bytes) {
    ONPUT_TRY(const Document document, Document::parse(bytes));
    ONPUT_TRY(const Value fields, detail::open_message(document, M::info));
    M message;
    if (!detail::read_fields(fields, message)) {
        return std::unexpected(detail::fields_do_not_fit(M::info));
    }
    return message;
}

// The kind of an encoded message, for readers that take several.
Result<Kind> kind_of(std::string_view bytes);

}  // namespace onput::schema
