// The Lambda operations that exist here. Functions, with all that belongs to them, are the queue
// service's (common/schema/function.hpp); their code is objects; who runs them is called over
// worker_calls.hpp, or gets a job of the function's queue.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "common/schema/function.hpp"
#include "services/gateway/aws/service.hpp"
#include "services/gateway/lambda/function_name.hpp"

namespace onput::gateway::lambda {

using aws::Call;
using aws::Outcome;
using aws::Value;

// What an operation asks of the policies of who calls (asks.cpp).
std::vector<AskedAction> asks(const Call& call);
// The function of a mapping that is named by its id.
http::Task<Result<void>> find_subject(Call& call);

// functions.cpp
Outcome create_function(Call& call);
Outcome get_function(Call& call);
Outcome get_function_configuration(Call& call);
Outcome list_functions(Call& call);
Outcome update_function_code(Call& call);
Outcome update_function_configuration(Call& call);
Outcome delete_function(Call& call);
// invoke.cpp
Outcome invoke(Call& call);
Outcome invoke_async(Call& call);
// settings.cpp
Outcome get_account_settings(Call& call);
Outcome tag_resource(Call& call);
Outcome untag_resource(Call& call);
Outcome list_tags(Call& call);
Outcome put_function_concurrency(Call& call);
Outcome get_function_concurrency(Call& call);
Outcome delete_function_concurrency(Call& call);
Outcome get_function_code_signing_config(Call& call);
Outcome get_function_recursion_config(Call& call);
Outcome put_function_recursion_config(Call& call);
Outcome get_runtime_management_config(Call& call);
// event_configuration.cpp
Outcome put_function_event_invoke_config(Call& call);
Outcome update_function_event_invoke_config(Call& call);
Outcome get_function_event_invoke_config(Call& call);
Outcome list_function_event_invoke_configs(Call& call);
Outcome delete_function_event_invoke_config(Call& call);
// mappings.cpp
Outcome create_event_source_mapping(Call& call);
Outcome get_event_source_mapping(Call& call);
Outcome list_event_source_mappings(Call& call);
Outcome update_event_source_mapping(Call& call);
Outcome delete_event_source_mapping(Call& call);
// permissions.cpp
Outcome add_permission(Call& call);
Outcome remove_permission(Call& call);
Outcome get_policy(Call& call);
// urls.cpp
Outcome create_function_url_config(Call& call);
Outcome get_function_url_config(Call& call);
Outcome update_function_url_config(Call& call);
Outcome delete_function_url_config(Call& call);
Outcome list_function_url_configs(Call& call);
// layers.cpp
Outcome publish_layer_version(Call& call);
Outcome get_layer_version(Call& call);
Outcome get_layer_version_by_arn(Call& call);
Outcome list_layers(Call& call);
Outcome list_layer_versions(Call& call);
Outcome delete_layer_version(Call& call);
Outcome add_layer_version_permission(Call& call);
Outcome remove_layer_version_permission(Call& call);
Outcome get_layer_version_policy(Call& call);
// The layers that the input's `Layers` names; nothing: it has no such member, and they stay.
http::Task<Result<std::optional<std::vector<schema::FunctionLayer>>>> find_layers(Call& call);
// versions.cpp
Outcome publish_version(Call& call);
Outcome list_versions_by_function(Call& call);
Outcome create_alias(Call& call);
Outcome update_alias(Call& call);
Outcome get_alias(Call& call);
Outcome list_aliases(Call& call);
Outcome delete_alias(Call& call);

// The function that the input's `FunctionName` and `Qualifier` name.
Result<FunctionName> name_in(const Call& call);
// The same, of operations that other accounts may be let into.
Result<FunctionName> any_name_in(const Call& call);
// The same, of operations that are for no single version.
Result<std::string> bare_name_in(const Call& call);

// Reads a function, changes it, and puts it back if nobody has changed it meanwhile; else all over
// again. With `revision_id` it must be of that revision.
struct Modification {
    std::string name;
    std::string revision_id = {};
    std::function<Result<void>(schema::FunctionInfo&)> change;
    std::string qualifier = {};  // A version; empty: the function.
};
http::Task<Result<schema::FunctionInfo>> modify(Call& call, Modification wanted);

// How often an alias or a URL is read and put back when others change it meanwhile.
inline constexpr int alias_attempts_max = 8;

// What it is now becomes its next version.
http::Task<Result<schema::FunctionInfo>> publish(Call& call, std::string name,
                                                 std::string description);

// The page of a list that the input's `Marker` and `MaxItems` ask for: [begin, end).
struct Page {
    std::size_t begin = 0;
    std::size_t end = 0;
};
// `name_of(i)` says the place of item i, in rising order; NextMarker of `result` is set when there
// is more.
Result<Page> take_page(const Call& call, std::size_t count,
                       const std::function<std::string(std::size_t)>& place_of, Value& result);

}  // namespace onput::gateway::lambda
