#include "services/function/runner.hpp"

#include <sys/stat.h>
#include <utility>

#include <fmt/format.h>

#include "common/async/callback.hpp"
#include "common/async/co_try.hpp"
#include "common/async/task_group.hpp"
#include "common/base/log.hpp"
#include "common/runtime/key_file.hpp"
#include "common/schema/invoke.hpp"
#include "common/schema/trace_header.hpp"
#include "common/worker/call_server.hpp"
#include "common/worker/job_worker.hpp"
#include "common/worker/object_client.hpp"
#include "services/function/bootstraps.hpp"
#include "services/function/code_store.hpp"
#include "services/function/ending_text.hpp"
#include "services/function/invoker.hpp"

namespace onput::function {
namespace {

constexpr std::string_view latest = "$LATEST";

// How a failed invocation is told to the queue. None of the reasons is final: a function is tried
// again as it says.
Error as_error(const InvokeOutcome& outcome) {
    using enum Ending::Kind;
    switch (outcome.kind) {
        case timed_out:
            return {.code = ErrorCode::timeout,
                    .message = outcome.sentence,
                    .reason = "handler_timeout"};
        case exited:
            return {.code = ErrorCode::internal,
                    .message = outcome.sentence,
                    .reason = "handler_exited"};
        case out_of_memory:
            return {.code = ErrorCode::resource_exhausted,
                    .message = outcome.sentence,
                    .reason = "handler_memory"};
        case init_failed:
            return {
                .code = ErrorCode::internal, .message = outcome.sentence, .reason = "handler_init"};
        case not_started:
        case cancelled:
            return {.code = ErrorCode::unavailable,
                    .message = outcome.sentence,
                    .reason = "no_environment"};
        case answered:
        case failed:
        case answer_too_big: break;
    }
    return {.code = ErrorCode::internal, .message = outcome.sentence, .reason = "handler_failed"};
}

schema::FunctionInfo function_of(const worker::LaneJob& job) {
    return {.account = job.account,
            .name = job.function,
            .arn = job.arn,
            .worker = {},
            .environment = job.environment,
            .timeout_s = job.timeout_s,
            .handler = job.handler};
}

// What a destination or a batch is told of an answer. A larger one is left out.
std::string response_of(std::string payload) {
    if (payload.size() > schema::job_response_bytes_max) payload.clear();
    return payload;
}

Result<void> check_function(const schema::FunctionInfo& function) {
    if (!function.handler.runtime.empty()) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("the function {} has no code: deploy it", function.name), "no_code");
}

// A caller who waits is told at once; jobs of a loop do not come this far.
Result<void> check_chain(const schema::InvokeFunction& invoke) {
    const schema::FunctionInfo& function = invoke.function;
    const bool is_loop =
        !function.management.allows_loops &&
        schema::loops_in(invoke.trace_header, function.arn) >= schema::function_loops_max;
    if (!is_loop) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("Lambda detected the function {} being invoked in a recursive loop "
                            "with other resources or functions: it was invoked {} times in this "
                            "chain.",
                            function.name, schema::function_loops_max),
                "RecursiveInvocation");
}

// Where nobody has told the queue service how large they are.
Result<void> check_size(const Code& code, const Code* layers) {
    const std::uint64_t bytes = code.bytes + (layers != nullptr ? layers->bytes : 0);
    if (bytes <= schema::function_unzipped_bytes_max) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("the function's code and its layers have {} bytes unpacked, and may "
                            "have {}",
                            bytes, schema::function_unzipped_bytes_max),
                "code_too_large");
}

// Counts an invocation of a function for as long as it runs.
class Running {
public:
    Running(std::map<std::string, std::uint32_t>& counts, const schema::FunctionInfo& function)
        : counts_(counts), name_(function.account + "/" + function.name) {
        ++counts_[name_];
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        if (--counts_[name_] == 0) counts_.erase(name_);
    }
    [[nodiscard]] std::uint32_t count() const { return counts_.at(name_); }

private:
    std::map<std::string, std::uint32_t>& counts_;
    std::string name_;
};

class FunctionRunner final : public worker::Runner, public worker::CallExecutor {
public:
    struct Parts {
        runtime::Process& process;
        const Config& config;
        WorkFolder folder;
        std::unique_ptr<transport::RequestClient> storage;
        std::unique_ptr<Invoker> invoker;
    };
    explicit FunctionRunner(Parts parts)
        : folder_(std::move(parts.folder)),
          storage_(std::move(parts.storage)),
          objects_(*storage_),
          codes_(parts.process, objects_, folder_),
          invoker_(std::move(parts.invoker)) {}
    FunctionRunner(const FunctionRunner&) = delete;
    FunctionRunner& operator=(const FunctionRunner&) = delete;
    // Open calls are answered here, while what these need is still there.
    ~FunctionRunner() override { storage_.reset(); }

    Result<void> open_calls(runtime::Process& process, const Config& config) {
        ONPUT_TRY(calls_, worker::CallServer::open(process, config.lane, *this, prepare));
        return {};
    }

    // ---- jobs

    void run(worker::LaneJob job, worker::JobReply reply) override {
        running_.start(work_on(std::move(job), std::move(reply)));
    }
    [[nodiscard]] worker::CallServer* calls() override { return calls_.get(); }
    [[nodiscard]] std::vector<std::string> waiting_for() const override {
        if (storage_->is_connected()) return {};
        return {"storage"};
    }
    void flush(std::function<void()> done) override { invoker_->when_logged(std::move(done)); }
    [[nodiscard]] std::vector<schema::Metric> metrics() const override {
        return invoker_->metrics();
    }

    // ---- calls

    [[nodiscard]] bool writes_to_pipe() const override { return false; }
    void start(worker::JobId id, worker::CallWork work, worker::FileDescriptor,
               Ended ended) override {
        running_.start(answer_call(id, std::move(work), std::move(ended)));
    }
    // One that runs, runs on, as on Lambda.
    void cancel(worker::JobId id) override {
        if (const auto found = called_.find(id); found != called_.end())
            invoker_->cancel(found->second);
    }
    void forget(worker::JobId id) override {
        if (const auto found = called_.find(id); found != called_.end())
            invoker_->forget(found->second);
    }

private:
    static Result<worker::CallWork> prepare(std::string_view task) {
        ONPUT_TRY(const auto invoke, schema::decode<schema::InvokeFunction>(task));
        ONPUT_TRY_VOID(check_function(invoke.function));
        if (invoke.payload.size() > schema::invoke_payload_bytes_max) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("Request must be smaller than {} bytes for the "
                                    "InvokeFunction operation",
                                    schema::invoke_payload_bytes_max),
                        "RequestTooLargeException");
        }
        return worker::CallWork{.parameters = std::string(task), .input = {}};
    }

    Task<worker::JobEnd> invoke_for(worker::LaneJob job) {
        const schema::FunctionInfo function = function_of(job);
        ONPUT_CO_TRY_VOID(check_function(function));
        const Running running(counts_, function);
        InvokeRequest request{.key = {},
                              .definition = {},
                              .request_id = std::move(job.grant.message_id),
                              .payload = std::move(job.grant.body),
                              .trace_header = std::move(job.grant.trace_header)};
        std::string version = job.version.empty() ? std::string(latest) : job.version;
        ONPUT_CO_TRY(request, co_await define(std::move(request), function, std::move(version)));
        auto ask = [&](auto done) { invoker_->invoke(std::move(request), std::move(done)); };
        InvokeOutcome outcome = co_await answer_of<InvokeOutcome>(ask);
        if (is_function_error(outcome.kind)) {
            worker::JobFailure failure(as_error(outcome));
            failure.response = response_of(std::move(outcome.payload));
            co_return std::unexpected(std::move(failure));
        }
        constexpr double microseconds = 1000;
        schema::JobOutcome end{
            .summary =
                fmt::format("the handler answered {} bytes in {:.1f} ms", outcome.payload.size(),
                            static_cast<double>(outcome.duration.count()) / microseconds)};
        end.response = response_of(std::move(outcome.payload));
        co_return end;
    }

    Task<void> work_on(worker::LaneJob job, worker::JobReply reply) {
        auto end = co_await invoke_for(std::move(job));
        std::move(reply).send(std::move(end));
    }

    // With the function's code, and what it needs to run.
    Task<Result<InvokeRequest>> define(InvokeRequest request, schema::FunctionInfo function,
                                       std::string version) {
        using Code = std::shared_ptr<const function::Code>;
        auto ask = [&](auto done) { codes_.get(function, std::move(done)); };
        ONPUT_CO_TRY(Code code, co_await answer_of<Result<Code>>(ask));
        auto ask_layers = [&](auto done) { codes_.get_layers(function, std::move(done)); };
        ONPUT_CO_TRY(Code layers, co_await answer_of<Result<Code>>(ask_layers));
        if (const auto fits = check_size(*code, layers.get()); !fits)
            co_return std::unexpected(fits.error());
        request.key = environment_key(function, version);
        Definition definition{.function = std::move(function),
                              .version = std::move(version),
                              .code = std::move(code),
                              .layers = std::move(layers)};
        request.definition = std::make_shared<const Definition>(std::move(definition));
        co_return request;
    }

    Task<Result<worker::CallEnd>> invoke_for_call(worker::JobId id, worker::CallWork work) {
        ONPUT_CO_TRY(auto invoke, schema::decode<schema::InvokeFunction>(work.parameters));
        if (const auto chain = check_chain(invoke); !chain)
            co_return std::unexpected(chain.error());
        const Running running(counts_, invoke.function);
        const auto& reserved = invoke.function.management.reserved_concurrency;
        if (reserved && running.count() > *reserved) {
            co_return fail(ErrorCode::resource_exhausted, "Rate Exceeded.", "TooManyRequests");
        }
        InvokeRequest request{.key = {},
                              .definition = {},
                              .request_id = std::move(invoke.request_id),
                              .payload = std::move(invoke.payload),
                              .client_context = std::move(invoke.client_context),
                              .trace_header = std::move(invoke.trace_header)};
        std::string version =
            invoke.version.empty() ? std::string(latest) : std::move(invoke.version);
        ONPUT_CO_TRY(request,
                     co_await define(std::move(request), std::move(invoke.function), version));
        auto ask = [&](auto done) {
            // May end at once: what is remembered then is forgotten below.
            called_[id] = invoker_->invoke(std::move(request), std::move(done));
        };
        InvokeOutcome outcome = co_await answer_of<InvokeOutcome>(ask);
        called_.erase(id);
        const bool has_run =
            outcome.kind != Ending::Kind::not_started && outcome.kind != Ending::Kind::cancelled;
        if (!has_run) co_return std::unexpected(as_error(outcome));
        schema::FunctionInvoked invoked{
            .function_error = is_function_error(outcome.kind) ? "Unhandled" : "",
            .executed_version = std::move(version),
            .log_tail = invoke.wants_log_tail ? std::move(outcome.log_tail) : std::string(),
            .duration_us = static_cast<std::uint64_t>(outcome.duration.count()),
            .init_duration_us = static_cast<std::uint64_t>(outcome.init_duration.count()),
            .memory_bytes = outcome.memory_bytes};
        worker::CallEnd end{.result = schema::encode(invoked), .bytes = std::move(outcome.payload)};
        co_return end;
    }

    Task<void> answer_call(worker::JobId id, worker::CallWork work, Ended ended) {
        auto end = co_await invoke_for_call(id, std::move(work));
        ended(std::move(end));
    }

    // Invocations under way, jobs and calls, by account and function. Outlives them.
    std::map<std::string, std::uint32_t> counts_;
    TaskGroup running_;
    WorkFolder folder_;
    std::unique_ptr<transport::RequestClient> storage_;
    worker::ObjectClient objects_;
    CodeStore codes_;
    std::unique_ptr<Invoker> invoker_;
    std::map<worker::JobId, InvocationId> called_;
    std::unique_ptr<worker::CallServer> calls_;
};

Result<std::optional<auth::SessionKey>> load_sessions(const Config& config) {
    if (config.session_key_file.empty()) return std::nullopt;
    ONPUT_TRY(const auto text,
              runtime::load_or_make_key(config.session_key_file, auth::session_key_bytes));
    return auth::SessionKey::parse(text);
}

Result<std::unique_ptr<Invoker>> open_invoker(runtime::Process& process, const Config& config,
                                              const WorkFolder& folder) {
    std::string runtime_folder = folder.path() + "/runtime";
    if (::mkdir(runtime_folder.c_str(), 0755) != 0)
        return fail(ErrorCode::unavailable, "make the folder " + runtime_folder);
    ONPUT_TRY_VOID(write_bootstraps(runtime_folder));
    Invoker::Parts parts{.process = process,
                         .config = config,
                         .runtime_folder = std::move(runtime_folder),
                         .endpoint = std::nullopt,
                         .sessions = std::nullopt};
    ONPUT_TRY(parts.sessions, load_sessions(config));
    if (!config.gateway_address.empty()) {
        ONPUT_TRY(parts.endpoint, parse_address(config.gateway_address));
    }
    return Invoker::open(std::move(parts));
}

}  // namespace

Result<std::unique_ptr<runtime::Service>> open_function_worker(runtime::Process& process,
                                                               const Config& config) {
    ONPUT_TRY(auto folder, WorkFolder::make(config.work_directory, process.random()));
    ONPUT_TRY(auto invoker, open_invoker(process, config, folder));
    if (config.isolation == "weak") {
        log::warn("handlers run without a sandbox",
                  {{"remedy", "isolation = \"full\", where namespaces are allowed"}});
    }
    auto runner = std::make_unique<FunctionRunner>(FunctionRunner::Parts{
        .process = process,
        .config = config,
        .folder = std::move(folder),
        .storage = transport::RequestClient::connect(process.loop(), config.storage_endpoint),
        .invoker = std::move(invoker)});
    ONPUT_TRY_VOID(runner->open_calls(process, config));
    return worker::JobWorker::open(process, "function", config.lane, std::move(runner));
}

}  // namespace onput::function
