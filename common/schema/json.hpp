// Any message as JSON with its field names: for people, `-o json` and logs. Not for protocols.
// Texts that are no UTF-8 are shown as {"base64": "..."}, times that are not set as null.
#pragma once

#include "common/json/writer.hpp"
#include "common/schema/codec.hpp"

namespace onput::schema {

namespace detail {

template <typename T>
void write_json(json::Writer& out, const T& value) {
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
        // The default is a time that there was none of.
        value == T() ? out.null() : out.text(format_iso8601_millis(value));
    } else if constexpr (std::same_as<T, Duration>) {
        out.integer(value.count());
    } else if constexpr (std::same_as<T, std::string>) {
        out.text_or_base64(value);
    } else if constexpr (IsOptional<T>::value) {
        value ? write_json(out, *value) : out.null();
    } else if constexpr (IsVector<T>::value) {
        out.begin_array();
        for (const auto& item : value) write_json(out, item);
        out.end_array();
    } else if constexpr (IsMap<T>::value) {
        out.begin_object();
        for (const auto& [key, item] : value) {
            out.name(key);
            write_json(out, item);
        }
        out.end_object();
    } else {
        out.begin_object();
        T::visit_fields(value, [&out](std::string_view name, const auto& field) {
            out.name(name);
            write_json(out, field);
        });
        out.end_object();
    }
}

}  // namespace detail

template <Visitable T>
std::string to_json(const T& value) {
    json::Writer out;
    detail::write_json(out, value);
    return out.take();
}

}  // namespace onput::schema
