// Commands about connections and API destinations: ConnectionBook decides.
#include "services/notifier/core.hpp"

namespace onput::notifier {

Result<schema::ConnectionInfo> NotifierCore::apply(const schema::CreateConnection& request,
                                                   const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = connections_.create(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::ConnectionInfo> NotifierCore::apply(const schema::UpdateConnection& request,
                                                   const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = connections_.update(request, caller, batch);
    effects.add(std::move(batch));
    if (answer) deliveries_.wake_calls();
    return answer;
}

Result<schema::ConnectionInfo> NotifierCore::apply(const schema::DeleteConnection& request,
                                                   const Caller& caller, Effects& effects) {
    store::Batch batch{std::string(partition)};
    auto answer = connections_.remove(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::ConnectionInfo> NotifierCore::apply(const schema::DeauthorizeConnection& request,
                                                   const Caller& caller, Effects& effects) {
    store::Batch batch{std::string(partition)};
    auto answer = connections_.deauthorize(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::ApiDestinationInfo> NotifierCore::apply(const schema::CreateApiDestination& request,
                                                       const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = connections_.create(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::ApiDestinationInfo> NotifierCore::apply(const schema::UpdateApiDestination& request,
                                                       const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = connections_.update(request, caller, batch);
    effects.add(std::move(batch));
    if (answer) deliveries_.wake_calls();
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::DeleteApiDestination& request,
                                          const Caller& caller, Effects& effects) {
    store::Batch batch{std::string(partition)};
    auto answer = connections_.remove(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

}  // namespace onput::notifier
