// Function URLs: the HTTP address of a function, or of one of its aliases. The queue service owns
// them: a URL is a part of its function's row, and goes with the function or the alias.
#pragma once

#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/function.hpp"
#include "common/schema/invoke.hpp"

namespace onput::schema {

// What is in its `auth_type`.
inline constexpr std::string_view function_url_open = "NONE";  // Its function's policy decides.
inline constexpr std::string_view function_url_signed = "AWS_IAM";

// As Lambda has them.
inline constexpr std::size_t function_url_cors_items_max = 100;  // Of each list.
inline constexpr std::size_t function_url_cors_methods_max = 6;
inline constexpr std::size_t function_url_cors_item_bytes_max = 1024;
inline constexpr std::uint32_t function_url_cors_age_s_max = 86'400;
inline constexpr std::size_t function_url_id_digits = 32;

// What pages of other origins may do.
struct FunctionUrlCors {
    bool allows_credentials = false;
    std::vector<std::string> headers = {};  // "content-type", "*".
    std::vector<std::string> methods = {};  // "GET", "*".
    std::vector<std::string> origins = {};  // "https://example.com", "*".
    std::vector<std::string> exposed = {};  // Headers of answers.
    std::uint32_t max_age_s = 0;            // Of a preflight's answer; 0: it is not said.

    ONPUT_FIELDS(allows_credentials, headers, methods, origins, exposed, max_age_s)
    friend bool operator==(const FunctionUrlCors&, const FunctionUrlCors&) = default;
};

struct FunctionUrl {
    static constexpr MessageInfo info{.kind = Kind::function_url};

    // account, function_arn, id and times are filled in by the queue service.
    std::string account = {};
    std::string function = {};
    std::string qualifier = {};     // An alias; empty: $LATEST.
    std::string function_arn = {};  // With the qualifier.
    std::string id = {};            // Lower-case letters and digits, the first label of its host.
    std::string auth_type = {};
    bool has_cors = false;  // Without, an OPTIONS request is the handler's as any other.
    FunctionUrlCors cors = {};
    Timestamp created_at = {};
    Timestamp modified_at = {};

    ONPUT_FIELDS(account, function, qualifier, function_arn, id, auth_type, has_cors, cors,
                 created_at, modified_at)
    friend bool operator==(const FunctionUrl&, const FunctionUrl&) = default;
};

// Durable when it is answered. Errors: not_found: no such function, alias or, to replace, URL;
// conflict, reason ResourceConflict: to create, there is one; reason PreconditionFailed: it has
// changed since modified_at; invalid_argument: a version, a
// function whose worker takes no calls, or a value that Lambda does not take.
struct PutFunctionUrl {
    // Version 2 added modified_at.
    static constexpr MessageInfo info{.kind = Kind::put_function_url, .version = 2};
    static constexpr std::string_view method = "queue.put_function_url";
    using Reply = FunctionUrl;

    FunctionUrl url = {};  // One that is replaced keeps its id.
    PutMode mode = PutMode::create_or_replace;
    // Of the one that is replaced, which is another after each change; 0: whatever it is.
    Timestamp modified_at = {};

    ONPUT_FIELDS(url, mode, modified_at)
    friend bool operator==(const PutFunctionUrl&, const PutFunctionUrl&) = default;
};

// not_found. The id is never given out again.
struct DeleteFunctionUrl {
    static constexpr MessageInfo info{.kind = Kind::delete_function_url};
    static constexpr std::string_view method = "queue.delete_function_url";
    using Reply = Empty;

    std::string function = {};
    std::string qualifier = {};

    ONPUT_FIELDS(function, qualifier)
    friend bool operator==(const DeleteFunctionUrl&, const DeleteFunctionUrl&) = default;
};

struct FunctionUrlList {
    static constexpr MessageInfo info{.kind = Kind::function_url_list};

    std::vector<FunctionUrl> urls = {};  // By qualifier.

    ONPUT_FIELDS(urls)
    friend bool operator==(const FunctionUrlList&, const FunctionUrlList&) = default;
};

// not_found: no such function.
struct ListFunctionUrls {
    static constexpr MessageInfo info{.kind = Kind::list_function_urls};
    static constexpr std::string_view method = "queue.list_function_urls";
    using Reply = FunctionUrlList;

    std::string function = {};

    ONPUT_FIELDS(function)
    friend bool operator==(const ListFunctionUrls&, const ListFunctionUrls&) = default;
};

// For whoever has a request for a URL, whose account it does not know yet. not_found;
// permission_denied, reason AccessDenied, only with asks_access: as PrepareUrlInvocation.
struct FindFunctionUrl {
    // Version 2 added asks_access.
    static constexpr MessageInfo info{.kind = Kind::find_function_url, .version = 2};
    static constexpr std::string_view method = "queue.find_function_url";
    using Reply = FunctionUrl;

    std::string id = {};
    bool asks_access = false;  // Whether the principal of the request would be let in.

    ONPUT_FIELDS(id, asks_access)
    friend bool operator==(const FindFunctionUrl&, const FindFunctionUrl&) = default;
};

// As PrepareInvocation with a place, by a URL. Who asks is the principal of the request: nobody,
// for a URL of NONE. Errors: those of PrepareInvocation; permission_denied, reason AccessDenied:
// the function's policy does not let him in, or the URL is of AWS_IAM and nobody asks.
struct PrepareUrlInvocation {
    // Version 2 added place.
    static constexpr MessageInfo info{.kind = Kind::prepare_url_invocation, .version = 2};
    static constexpr std::string_view method = "queue.prepare_url_invocation";
    using Reply = InvocationPrepared;

    std::string id = {};
    std::string place = {};  // As PrepareInvocation's.

    ONPUT_FIELDS(id, place)
    friend bool operator==(const PrepareUrlInvocation&, const PrepareUrlInvocation&) = default;
};

}  // namespace onput::schema
