// FunctionUrls: the HTTP addresses of functions and their aliases, and who may invoke them there.
// Each is in its function's row; the catalogue knows them by their ids.
#pragma once

#include "common/schema/function_url.hpp"
#include "services/queue/commands/functions.hpp"

namespace onput::queue {

class FunctionUrls {
public:
    // All outlive it.
    FunctionUrls(Functions& functions, Catalogue& catalogue, Random& random)
        : functions_(functions), catalogue_(catalogue), random_(random) {}

    Result<schema::FunctionUrl> put(const schema::PutFunctionUrl& request, const Caller& caller,
                                    Effects& effects);
    Result<schema::Empty> remove(const schema::DeleteFunctionUrl& request, const Caller& caller,
                                 Effects& effects);
    Result<schema::FunctionUrlList> list(const schema::ListFunctionUrls& request,
                                         const Caller& caller) const;
    // Of any account: whoever has its id.
    Result<schema::FunctionUrl> find(const schema::FindFunctionUrl& request,
                                     const Caller& caller) const;
    // What a request to it runs, which may take a place of what is reserved.
    Result<schema::InvocationPrepared> prepare(const schema::PrepareUrlInvocation& request,
                                               const Caller& caller);

private:
    Functions& functions_;
    Catalogue& catalogue_;
    Random& random_;
};

}  // namespace onput::queue
