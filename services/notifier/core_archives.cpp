// Commands about archives and replays: ArchiveBook decides. A step of a replay puts events on their
// bus again in the batch that says how far the replay has come.
#include "services/notifier/core.hpp"

namespace onput::notifier {

Result<schema::ArchiveInfo> NotifierCore::apply(const schema::CreateArchive& request,
                                                const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    ONPUT_TRY_VOID(rules_.find_bus(request.bus_arn, caller.principal.account));
    store::Batch batch{std::string(partition)};
    auto answer = archives_.create(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::ArchiveInfo> NotifierCore::apply(const schema::UpdateArchive& request,
                                                const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = archives_.update(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::DeleteArchive& request,
                                          const Caller& caller, Effects& effects) {
    store::Batch batch{std::string(partition)};
    auto answer = archives_.remove(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::ReplayInfo> NotifierCore::apply(const schema::StartReplay& request,
                                               const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    ONPUT_TRY_VOID(rules_.find_bus(request.bus_arn, caller.principal.account));
    for (const auto& arn : request.filter_arns) {
        const auto rule = rules_.find_rule(arn);
        if (!rule || rule->account != caller.principal.account) {
            return fail(ErrorCode::not_found, "Rule " + arn + " does not exist.",
                        "ResourceNotFoundException");
        }
    }
    store::Batch batch{std::string(partition)};
    auto answer = archives_.start(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::ReplayInfo> NotifierCore::apply(const schema::CancelReplay& request,
                                               const Caller& caller, Effects& effects) {
    store::Batch batch{std::string(partition)};
    auto answer = archives_.cancel(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<void> NotifierCore::replay_some(Timestamp now, Effects& effects) {
    if (!archives_.is_replaying() || !has_room()) return {};
    store::Batch batch{std::string(partition)};
    ONPUT_TRY(auto step, archives_.replay(now, batch));
    for (auto& event : step.events) {
        router_.publish_again(std::move(event), step.rules, now, batch, effects);
    }
    return close_batch(std::move(batch), effects);
}

}  // namespace onput::notifier
