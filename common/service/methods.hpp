// Methods: what a service answers, by the method's name on the wire. The table of a service:
//
//     Methods StorageService::methods() {
//         return {command(&StorageCore::create_bucket), query(&StorageCore::head_bucket),
//                 handle<schema::PutObject>([this](auto& request, auto& caller) { ... })};
//     }
//
// command and query are members of Host (host.hpp): they decode the message, run the core's
// function, commit what it wants, and reply when that is durable.
#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "common/base/check.hpp"
#include "common/service/caller.hpp"
#include "common/transport/request.hpp"

namespace onput::service {

// One line of a core's own table: the function of one of its parts that answers a message.
//
//     static constexpr auto methods() {
//         return std::tuple{on(&Core::queue_commands_, &QueueCommands::create), ...};
//     }
//
// The function is `Result<R> run(const M&, const Caller&, Effects&)`, or without Effects when it
// only reads.
template <typename Core, typename Part, typename Run, typename M>
struct Entry {
    using Message = M;
    Part Core::* part;
    Run run;

    template <typename Effects>
    auto operator()(Core& core, const M& message, const Caller& caller, Effects& effects) const {
        if constexpr (std::is_invocable_v<Run, Part&, const M&, const Caller&, Effects&>) {
            return ((core.*part).*run)(message, caller, effects);
        } else {
            return ((core.*part).*run)(message, caller);
        }
    }
};

template <typename Core, typename Part, typename R, typename M, typename Effects>
constexpr auto on(Part Core::* part, R (Part::*run)(const M&, const Caller&, Effects&)) {
    return Entry<Core, Part, R (Part::*)(const M&, const Caller&, Effects&), M>{part, run};
}
template <typename Core, typename Part, typename R, typename M>
constexpr auto on(Part Core::* part, R (Part::*run)(const M&, const Caller&) const) {
    return Entry<Core, Part, R (Part::*)(const M&, const Caller&) const, M>{part, run};
}

template <typename Core, typename Part, typename R, typename M>
constexpr auto on(Part Core::* part, R (Part::*run)(const M&, const Caller&)) {
    return Entry<Core, Part, R (Part::*)(const M&, const Caller&), M>{part, run};
}

// The entry of `table` for M; there must be one.
template <typename M, typename Table>
constexpr const auto& entry_for(const Table& table) {
    return std::apply(
        [](const auto&... entries) -> const auto& {
            constexpr std::size_t at = [] {
                std::size_t i = 0;
                const bool is_found =
                    ((std::is_same_v<typename std::remove_cvref_t<decltype(entries)>::Message, M>
                          ? true
                          : (++i, false)) ||
                     ...);
                return is_found ? i : sizeof...(entries);
            }();
            static_assert(at < sizeof...(entries), "the core has no method for this message");
            return std::get<at>(std::tie(entries...));
        },
        table);
}

struct Method {
    std::string_view name;  // Of a message's `method`: lives for ever.
    std::function<void(transport::Request&, const Caller&)> run;
};

class Methods {
public:
    Methods() = default;
    Methods(std::initializer_list<Method> methods) {
        for (const Method& method : methods) add(method);
    }
    void add(const Method& method) {
        ONPUT_CHECK(by_name_.emplace(method.name, method.run).second);
    }

    // Nothing when there is no such method.
    [[nodiscard]] const std::function<void(transport::Request&, const Caller&)>* find(
        std::string_view name) const {
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : &found->second;
    }

private:
    std::unordered_map<std::string_view, std::function<void(transport::Request&, const Caller&)>>
        by_name_;
};

}  // namespace onput::service
