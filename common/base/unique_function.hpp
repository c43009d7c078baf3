// UniqueFunction<R(Args...)>: a function object with one owner. It holds what cannot be copied, as
// std::move_only_function does, which GCC 12 does not have:
//
//     UniqueFunction<void(Result<Reply>)> done =
//         [frames = std::move(frames)](Result<Reply> reply) { ... };
//     done(std::move(reply));
//
// Objects of up to three pointers that move without throwing lie inside it; larger ones cost one
// allocation. Calling an empty one ends the process. Being called may change it, so a lambda that
// holds one and calls it is `mutable`.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "common/base/check.hpp"

namespace onput {

namespace detail {

template <typename F>
inline constexpr bool may_be_empty = std::is_pointer_v<F> || std::is_member_pointer_v<F>;
template <typename Signature>
inline constexpr bool may_be_empty<std::function<Signature>> = true;

}  // namespace detail

template <typename Signature>
class UniqueFunction;

template <typename R, typename... Args>
class UniqueFunction<R(Args...)> {
public:
    UniqueFunction() = default;
    UniqueFunction(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)

    // An empty std::function or a null pointer makes an empty one.
    template <typename F, typename Held = std::decay_t<F>>
        requires(!std::is_same_v<Held, UniqueFunction> && std::is_invocable_r_v<R, Held&, Args...>)
    UniqueFunction(F&& function) {  // NOLINT(google-explicit-constructor)
        if constexpr (detail::may_be_empty<Held>) {
            if (!function) return;
        }
        if constexpr (fits<Held>) {
            new (storage_) Held(std::forward<F>(function));
        } else {
            new (storage_) Held*(new Held(std::forward<F>(function)));
        }
        operations_ = &operations_of<Held>;
    }

    UniqueFunction(UniqueFunction&& other) noexcept { take(other); }
    UniqueFunction& operator=(UniqueFunction&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    UniqueFunction(const UniqueFunction&) = delete;
    UniqueFunction& operator=(const UniqueFunction&) = delete;
    ~UniqueFunction() { reset(); }

    [[nodiscard]] explicit operator bool() const { return operations_ != nullptr; }

    R operator()(Args... arguments) {
        ONPUT_CHECK(operations_ != nullptr);
        return operations_->call(storage_, std::forward<Args>(arguments)...);
    }

private:
    struct Operations {
        R (*call)(void* storage, Args&&... arguments);
        void (*move)(void* from, void* to) noexcept;  // Leaves nothing in `from`.
        void (*destroy)(void* storage) noexcept;
    };

    static constexpr std::size_t inside_bytes = 3 * sizeof(void*);

    template <typename Held>
    static constexpr bool fits = sizeof(Held) <= inside_bytes && alignof(Held) <= alignof(void*) &&
                                 std::is_nothrow_move_constructible_v<Held>;

    template <typename Held>
    static Held& held(void* storage) {
        if constexpr (fits<Held>) {
            return *std::launder(static_cast<Held*>(storage));
        } else {
            return **std::launder(static_cast<Held**>(storage));
        }
    }

    template <typename Held>
    static constexpr Operations operations_of = {
        .call = [](void* storage, Args&&... arguments) -> R {
            return std::invoke(held<Held>(storage), std::forward<Args>(arguments)...);
        },
        .move =
            [](void* from, void* to) noexcept {
                if constexpr (fits<Held>) {
                    new (to) Held(std::move(held<Held>(from)));
                    std::destroy_at(&held<Held>(from));
                } else {
                    new (to) Held*(&held<Held>(from));
                }
            },
        .destroy =
            [](void* storage) noexcept {
                if constexpr (fits<Held>) {
                    std::destroy_at(&held<Held>(storage));
                } else {
                    delete &held<Held>(storage);
                }
            },
    };

    void take(UniqueFunction& other) {
        if (!other.operations_) return;
        other.operations_->move(other.storage_, storage_);
        operations_ = std::exchange(other.operations_, nullptr);
    }
    void reset() {
        if (operations_) std::exchange(operations_, nullptr)->destroy(storage_);
    }

    const Operations* operations_ = nullptr;
    alignas(void*) std::byte storage_[inside_bytes] = {};
};

}  // namespace onput
