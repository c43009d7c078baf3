// A message of any type with content from a seed: the same seed gives the same content for ever, as
// golden bytes are made of it. A field's content depends on its place only, so that appending a
// field changes no other.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>

#include "common/schema/registry.hpp"

namespace onput::schema {

enum class SampleStyle : std::uint8_t {
    representative,  // Nothing is empty; texts are words.
    wild,            // Anything goes: empty, extreme, raw bytes.
};

class Sampler {
public:
    Sampler(SampleStyle style, std::uint64_t seed) : style_(style), state_(seed) {}

    template <typename T>
    void fill(T& value) {
        if constexpr (std::same_as<T, bool>) {
            value = style_ == SampleStyle::representative || next() % 2 == 0;
        } else if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(next() % 3);
        } else if constexpr (std::integral<T>) {
            value = static_cast<T>(next() >> shift());
        } else if constexpr (std::floating_point<T>) {
            value = static_cast<T>(next() % 100'000) / 8;
        } else if constexpr (std::same_as<T, Timestamp>) {
            value = from_micros(static_cast<std::int64_t>(next() % 4'000'000'000'000'000));
        } else if constexpr (std::same_as<T, Duration>) {
            value = Duration(static_cast<std::int64_t>(next() % 1'000'000'000));
        } else if constexpr (std::same_as<T, std::string>) {
            value = text();
        } else if constexpr (detail::IsOptional<T>::value) {
            value.reset();
            if (style_ == SampleStyle::representative || next() % 2 == 0) fill(value.emplace());
        } else if constexpr (detail::IsVector<T>::value) {
            value.resize(count());
            for (std::size_t i = 0; i < value.size(); ++i) at(i).fill(value[i]);
        } else if constexpr (detail::IsMap<T>::value) {
            value.clear();
            for (std::size_t i = count(); i > 0; --i) at(i).fill(value[at(i + 1000).text()]);
        } else {
            std::size_t index = 0;
            T::visit_fields(value, [&](std::string_view, auto& field) { at(index++).fill(field); });
        }
    }

private:
    [[nodiscard]] Sampler at(std::size_t index) const {
        Sampler inner(style_, state_ + 0x632be59bd9b4e019ULL * (index + 1));
        inner.next();
        return inner;
    }
    // SplitMix64, written out: golden bytes must not change when the base's generator does.
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15ULL;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
        return mixed ^ (mixed >> 31);
    }
    std::uint64_t shift() { return style_ == SampleStyle::representative ? 52 : next() % 64; }
    std::size_t count() { return style_ == SampleStyle::representative ? 2 : next() % 4; }
    std::string text() {
        std::string text;
        const std::size_t size = style_ == SampleStyle::representative ? 4 : next() % 40;
        for (std::size_t i = 0; i < size; ++i) {
            text += style_ == SampleStyle::representative ? static_cast<char>('a' + next() % 26)
                                                          : static_cast<char>(next());
        }
        return text;
    }

    SampleStyle style_;
    std::uint64_t state_;
};

template <typename M>
M sample(SampleStyle style, std::uint64_t seed) {
    M message;
    Sampler(style, seed).fill(message);
    return message;
}

template <typename M, typename Visitor>
void visit_message(Visitor& visit) {
    visit(std::type_identity<M>{});
}

// Calls `visit` with std::type_identity<M> for every message. Not a fold: compilers bound how many
// messages one may have.
template <typename Visitor>
void for_each_message(Visitor&& visit) {
    [&]<typename... M>(std::type_identity<std::tuple<M...>>) {
        using Visited = std::remove_reference_t<Visitor>;
        for (void (*each)(Visited&) : {&visit_message<M, Visited>...}) each(visit);
    }(std::type_identity<AllMessages>{});
}

// What tests call a message: its kind.
template <typename M>
std::string name_of(std::type_identity<M>) {
    return "kind " + std::to_string(static_cast<int>(M::info.kind));
}

}  // namespace onput::schema
