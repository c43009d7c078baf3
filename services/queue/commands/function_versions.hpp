// FunctionVersions: what a function was when it was published, and names for that. A version is a
// function of its own, with a queue of its own: "resize:3" of "resize". It never changes.
//
//     resize ──publish──> resize:1, resize:2, ...
//                            ^ alias "live": a version, and perhaps a share of another one
#pragma once

#include "common/schema/function_access.hpp"
#include "services/queue/commands/functions.hpp"

namespace onput::queue {

// What it shares with the rest of Core. All outlive it.
struct FunctionVersionParts {
    Catalogue& catalogue;
    Counters& counters;
    Random& random;
    const Functions& functions;
};

// Of an event that an alias says how to try again, as on Lambda.
inline constexpr std::uint32_t alias_retries_max = 2;

class FunctionVersions {
public:
    explicit FunctionVersions(const FunctionVersionParts& parts) : parts_(parts) {}

    Result<schema::FunctionInfo> publish(const schema::PublishFunctionVersion& request,
                                         const Caller& caller, Effects& effects);
    Result<schema::FunctionList> list(const schema::ListFunctionVersions& request,
                                      const Caller& caller) const;
    Result<schema::FunctionAlias> put_alias(const schema::PutFunctionAlias& request,
                                            const Caller& caller, Effects& effects);
    Result<schema::FunctionAlias> get_alias(const schema::GetFunctionAlias& request,
                                            const Caller& caller) const;
    Result<schema::FunctionAliasList> list_aliases(const schema::ListFunctionAliases& request,
                                                   const Caller& caller) const;
    Result<schema::Empty> remove_alias(const schema::DeleteFunctionAlias& request,
                                       const Caller& caller, Effects& effects);

private:
    [[nodiscard]] Result<void> check_alias(const schema::FunctionAlias& alias,
                                           const Queue& function, const Caller& caller) const;
    [[nodiscard]] Result<void> check_events(const schema::AliasEvents& events,
                                            const Queue& function) const;

    FunctionVersionParts parts_;
};

}  // namespace onput::queue
