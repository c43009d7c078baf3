// Host: the process around a core, the same for every stateful service. A service is a core, a
// table of its methods, and what it does with the effects that are more than commits.
//
//     one turn of the loop
//
//     requests, answers of peers, timers ──> execute: core ──> changes ──> store.commit
//                                                       └────> rest of the effects, held
//     at its end:  core.end_turn ──> the same
//                  on_turn_end
//                  store.sync, once for all of it
//
//     the sync is done (a later turn) ──> replies, hand_on(effects), outbox relay
//
// So nothing is said to anybody that a crash could undo, and one sync pays for all that arrived
// together. Replies and effects leave in the order of their commands, but for replies that wait for
// an older commit alone (Turns::reply_after).
//
// A core decides over rows: no socket, clock, disk, thread or log is in it.
//
//     using Effects = ...;                           derived from service::Effects
//     Result<void> restore(Timestamp, Effects&);     once, before anything else
//     Result<void> end_turn(Timestamp, Effects&);    what is due, at the end of each turn
//     Timestamp next_wakeup(Timestamp) const;        when it wants a turn by itself
//     std::uint64_t last_number() const;             its newest event
//     void on_durable(std::uint64_t number);         events up to this one survive a crash
//     std::vector<Metric> metrics(Timestamp) const;  its own
//     static bool is_fatal(const Error&);            an error after which its memory is not trusted
//
// and, if it has them:
//
//     Result<void> undo(Effects&, std::size_t first);
//     outbox::Outbox& outbox();
//     const std::string& source();
//     void on_clock(Timestamp wall, Duration monotonic);   before each command: AgeClock
//     void before_commit(Change&);   right before each commit: adds what follows from it
//     Room& room();                  told of the disk; what takes room asks it
//
// `undo`: the changes from `first` on were refused, and what is left in Effects is handed on;
// without it a refused commit ends the process. The outbox's events go to the notifier under
// `source`.
//
// What a crash costs: nothing that was replied to. The host itself keeps nothing.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/service/effects.hpp"
#include "common/service/turns.hpp"

namespace onput::service {

template <typename Core>
concept CanUndo = requires(Core& core, typename Core::Effects& effects) {
    { core.undo(effects, std::size_t{}) } -> std::same_as<Result<void>>;
};

template <typename Core>
concept AddsToCommits = requires(Core& core, typename Core::Effects& effects) {
    core.before_commit(effects.changes.front());
};

template <typename Core>
concept HasOutbox = requires(Core& core) {
    { core.outbox() } -> std::same_as<outbox::Outbox&>;
};

template <typename Core>
concept HasAge = requires(Core& core) { core.on_clock(Timestamp{}, Duration{}); };

template <typename Core>
concept HasRoom = requires(Core& core) {
    { core.room() } -> std::same_as<Room&>;
};

template <typename Core>
class Host : public Turns {
public:
    using Effects = typename Core::Effects;

    // Runs `run(core, effects)`, which answers a Result, commits its changes at once, and hands the
    // rest of the effects on when they are durable. Answers what `run` did; or, when a commit was
    // refused, the error for the caller, and the core has taken the refused changes back.
    template <typename Run>
    auto execute(Run&& run) -> std::invoke_result_t<Run, Core&, Effects&>;

    // The same for what the service itself does: any failure ends the process.
    template <typename Run>
    auto must_execute(Run&& run) {
        auto result = execute(std::forward<Run>(run));
        if (!result) platform().fail(result.error());
        if constexpr (!std::is_void_v<typename decltype(result)::value_type>) {
            return *std::move(result);
        }
    }

    [[nodiscard]] const Core& core() const { return *core_; }

protected:
    using Turns::Turns;

    // The core over the store, restored; its first effects are committed. Between open_store and
    // listen.
    template <typename... Arguments>
    Result<void> restore(Arguments&&... arguments);
    // The same in two steps, for what has to happen between them.
    template <typename... Arguments>
    Core& make_core(Arguments&&... arguments) {
        core_ = std::make_unique<Core>(std::forward<Arguments>(arguments)...);
        return *core_;
    }
    Result<void> restore_core();

    [[nodiscard]] Core& mutable_core() { return *core_; }

    // The methods of the core's own table (methods.hpp), but those whose result is not a message.
    Methods core_methods();

    // Further entries of the table. A command changes something: its effects are committed. A
    // query only reads.
    template <schema::Message M, typename R, typename C>
    Method command(Result<R> (C::*run)(const M&, const Caller&, Effects&));
    template <schema::Message M, typename R, typename C>
    Method query(Result<R> (C::*run)(const M&, const Caller&) const);
    // Of a part of the core: `part` finds it.
    template <schema::Message M, typename Run>
    Method command(Run run);
    template <schema::Message M, typename Run>
    Method query(Run run);
    // Whatever else: `run(request, caller)` replies itself, now or later.
    template <schema::Message M, typename Run>
    static Method handle(Run run) {
        return {.name = M::method, .run = std::move(run)};
    }

    // Effects whose changes are durable.
    virtual void hand_on(Effects effects) = 0;

private:
    void end_core_turn() final {
        must_execute(
            [at = now()](Core& core, Effects& effects) { return core.end_turn(at, effects); });
    }
    [[nodiscard]] Timestamp next_wakeup() const final { return core_->next_wakeup(now()); }
    [[nodiscard]] std::uint64_t last_number() const final { return core_->last_number(); }
    void on_number_durable(std::uint64_t number) final { core_->on_durable(number); }
    void add_core_metrics(std::vector<schema::Metric>& metrics) const final {
        metrics = core_->metrics(now());
    }
    [[nodiscard]] Room* room() const final {
        if constexpr (HasRoom<Core>) return &core_->room();
        return nullptr;
    }
    Result<void> apply(Effects effects);

    std::unique_ptr<Core> core_;
};

template <typename Core>
template <typename Run>
auto Host<Core>::execute(Run&& run) -> std::invoke_result_t<Run, Core&, Effects&> {
    if constexpr (HasAge<Core>) core_->on_clock(now(), platform().loop().monotonic());
    Effects effects;
    auto result = run(*core_, effects);
    if (!result && Core::is_fatal(result.error())) platform().fail(result.error());
    if (auto applied = apply(std::move(effects)); !applied) {
        return std::unexpected(std::move(applied).error());
    }
    return result;
}

template <typename Core>
Result<void> Host<Core>::apply(Effects effects) {
    const Sync sync = effects.may_sync_late ? Sync::late : Sync::soon;
    Result<void> committed;
    for (std::size_t i = 0; i < effects.changes.size() && committed; ++i) {
        if constexpr (AddsToCommits<Core>) core_->before_commit(effects.changes[i]);
        committed = commit(std::move(effects.changes[i].batch), sync);
        if (committed) continue;
        if constexpr (CanUndo<Core>) {
            if (auto undone = core_->undo(effects, i); !undone) platform().fail(undone.error());
        } else {
            platform().fail(committed.error());
        }
    }
    if (effects.is_done()) return committed;
    when_durable([this, held = std::move(effects)]() mutable { hand_on(std::move(held)); });
    return committed;
}

template <typename Core>
template <typename... Arguments>
Result<void> Host<Core>::restore(Arguments&&... arguments) {
    make_core(std::forward<Arguments>(arguments)...);
    return restore_core();
}

template <typename Core>
Result<void> Host<Core>::restore_core() {
    auto restored =
        execute([at = now()](Core& core, Effects& effects) { return core.restore(at, effects); });
    if (!restored) {
        return std::unexpected(
            std::move(restored).error().with_context("restore " + platform().name()));
    }
    if constexpr (HasOutbox<Core>) relay(core_->outbox(), core_->source());
    return {};
}

template <typename Core>
Methods Host<Core>::core_methods() {
    Methods all;
    const auto add = [&]<typename Entry>(const Entry&) {
        using M = typename Entry::Message;
        using Answer = decltype(std::declval<Core&>().execute(
            std::declval<const M&>(), std::declval<const Caller&>(), std::declval<Effects&>()));
        if constexpr (schema::Message<typename Answer::value_type>) {
            all.add(command<M>(
                [](Core& core, const M& message, const Caller& caller, Effects& effects) {
                    return core.execute(message, caller, effects);
                }));
        }
    };
    std::apply([&](const auto&... entries) { (add(entries), ...); }, Core::methods());
    return all;
}

template <typename Core>
template <schema::Message M, typename Run>
Method Host<Core>::command(Run run) {
    return {.name = M::method,
            .run = [this, run](transport::Request& request, const Caller& caller) {
                const auto message = schema::decode<M>(request.body);
                if (!message) return reply(request.reply_to, std::unexpected(message.error()));
                reply(request.reply_to, execute([&](Core& core, Effects& effects) {
                          return run(core, *message, caller, effects);
                      }));
            }};
}

template <typename Core>
template <schema::Message M, typename Run>
Method Host<Core>::query(Run run) {
    return {.name = M::method,
            .run = [this, run](transport::Request& request, const Caller& caller) {
                const auto message = schema::decode<M>(request.body);
                if (!message) return reply(request.reply_to, std::unexpected(message.error()));
                reply(request.reply_to, run(std::as_const(*core_), *message, caller));
            }};
}

template <typename Core>
template <schema::Message M, typename R, typename C>
Method Host<Core>::command(Result<R> (C::*run)(const M&, const Caller&, Effects&)) {
    return command<M>([run](Core& core, const M& message, const Caller& caller, Effects& effects) {
        return (core.*run)(message, caller, effects);
    });
}

template <typename Core>
template <schema::Message M, typename R, typename C>
Method Host<Core>::query(Result<R> (C::*run)(const M&, const Caller&) const) {
    return query<M>([run](const Core& core, const M& message, const Caller& caller) {
        return (core.*run)(message, caller);
    });
}

}  // namespace onput::service
