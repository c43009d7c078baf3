// FunctionPermissions: who besides its own account may invoke a function: the resource policies of
// Lambda, one for each qualifier.
#pragma once

#include "common/schema/function_access.hpp"
#include "services/queue/commands/functions.hpp"

namespace onput::queue {

class FunctionPermissions {
public:
    FunctionPermissions(const Functions& functions, Random& random)
        : functions_(functions), random_(random) {}

    // Parses what the function's record holds. What cannot be read permits nothing.
    static void restore(Queue& function);

    Result<schema::FunctionPolicy> add(const schema::AddFunctionPermission& request,
                                       const Caller& caller, Effects& effects);
    Result<schema::Empty> remove(const schema::RemoveFunctionPermission& request,
                                 const Caller& caller, Effects& effects);
    Result<schema::FunctionPolicy> get(const schema::GetFunctionPolicy& request,
                                       const Caller& caller) const;

private:
    // The function whose record has the policy of this qualifier, which must be one of its own.
    Result<Queue*> find(const std::string& name, const std::string& qualifier,
                        const Caller& caller) const;

    const Functions& functions_;
    Random& random_;
};

}  // namespace onput::queue
