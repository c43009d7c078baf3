// The storage service as a worker knows it: objects in memory, behind the real messages.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/transport/request.hpp"

namespace onput::worker {

class FakeStorage {
public:
    using Name = std::pair<std::string, std::string>;  // Bucket and key.
    struct Object {
        schema::ObjectInfo info;
        std::string bytes;
        std::string idempotency_key;
    };

    FakeStorage(transport::Loop& loop, const std::string& endpoint) {
        auto server = transport::RequestServer::bind(
            loop, {endpoint}, [this](transport::Request request) { on_request(request); });
        EXPECT_TRUE(server);
        server_ = *std::move(server);
    }

    void add(const Name& name, std::string bytes,
             std::map<std::string, std::string> metadata = {}) {
        schema::PutObject put;
        put.bucket = name.first;
        put.key = name.second;
        put.metadata = std::move(metadata);
        keep(put, std::move(bytes));
    }
    [[nodiscard]] bool has(const Name& name) const { return objects.contains(name); }
    // Objects whose key starts with it.
    [[nodiscard]] std::size_t count(const std::string& bucket, const std::string& prefix) const {
        std::size_t found = 0;
        for (const auto& [name, object] : objects)
            if (name.first == bucket && name.second.starts_with(prefix)) ++found;
        return found;
    }

    std::map<Name, Object> objects;
    std::vector<std::string> puts;  // Keys, in order, repetitions that changed nothing left out.
    std::size_t pieces_read = 0;
    std::vector<schema::RequestHeader> headers;
    // Asked before each request: an error is answered instead. The key is empty for pieces.
    std::function<std::optional<Error>(std::string_view method, const std::string& key)> fault;

private:
    template <schema::Message M>
    void answer(const transport::Request& request, const M& message, std::string attached = {}) {
        transport::Reply reply{.body = schema::encode(message)};
        if (!attached.empty()) reply.attachments.emplace_back(std::move(attached));
        server_->reply(request.reply_to, std::move(reply));
    }
    void refuse(const transport::Request& request, Error error) {
        server_->reply(request.reply_to, std::unexpected(std::move(error)));
    }
    static std::string bytes_of(const transport::Request& request) {
        std::string bytes;
        for (const auto& frame : request.attachments) bytes += frame.view();
        return bytes;
    }
    template <schema::Message M>
    std::optional<M> take(const transport::Request& request) {
        if (request.header.method != M::method) return {};
        return schema::decode<M>(request.body).value();
    }
    bool is_refused(const transport::Request& request, const std::string& key) {
        if (!fault) return false;
        auto error = fault(request.header.method, key);
        if (!error) return false;
        refuse(request, std::move(*error));
        return true;
    }

    void on_request(const transport::Request& request) {
        headers.push_back(request.header);
        if (const auto get = take<schema::GetObject>(request)) on_get(request, *get);
        if (const auto head = take<schema::HeadObject>(request)) on_head(request, *head);
        if (const auto put = take<schema::PutObject>(request)) on_put(request, *put);
        if (const auto gone = take<schema::DeleteObject>(request)) on_delete(request, *gone);
        if (take<schema::OpenWrite>(request)) {
            written_.clear();
            answer(request, schema::WriteOpened{.write_id = 1, .credit = 2});
        }
        if (take<schema::AppendWrite>(request)) {
            if (is_refused(request, {})) return;
            written_ += bytes_of(request);
            answer(request, schema::WriteAppended{.received_bytes = written_.size()});
        }
        if (const auto end = take<schema::FinishWrite>(request))
            answer(request, keep(end->object, written_));
        if (take<schema::AbortWrite>(request)) answer(request, schema::Empty{});
        if (take<schema::CloseRead>(request)) answer(request, schema::Empty{});
        if (const auto read = take<schema::ReadObject>(request)) {
            ++pieces_read;
            if (is_refused(request, {})) return;
            answer(request, schema::Empty{}, opened_.substr(read->offset, read->length));
        }
    }

    Object* find(const transport::Request& request, const Name& name) {
        const auto found = objects.find(name);
        if (found != objects.end()) return &found->second;
        refuse(request, {.code = ErrorCode::not_found,
                         .message = "The specified key does not exist.",
                         .reason = "no_such_key"});
        return nullptr;
    }

    void on_get(const transport::Request& request, const schema::GetObject& get) {
        if (is_refused(request, get.key)) return;
        const Object* object = find(request, {get.bucket, get.key});
        if (object == nullptr) return;
        schema::ObjectGot got{.object = object->info, .length = object->bytes.size()};
        if (object->bytes.size() > schema::whole_put_bytes_max) {
            opened_ = object->bytes;
            got.read_id = 1;
            answer(request, got);
        } else {
            answer(request, got, object->bytes);
        }
    }
    void on_head(const transport::Request& request, const schema::HeadObject& head) {
        if (is_refused(request, head.key)) return;
        if (const Object* object = find(request, {head.bucket, head.key}))
            answer(request, object->info);
    }
    void on_put(const transport::Request& request, const schema::PutObject& put) {
        if (is_refused(request, put.key)) return;
        answer(request, keep(put, bytes_of(request)));
    }
    void on_delete(const transport::Request& request, const schema::DeleteObject& gone) {
        if (is_refused(request, gone.key)) return;
        const auto found = objects.find({gone.bucket, gone.key});
        if (found == objects.end()) return answer(request, schema::ObjectDeleted{});
        const auto& expected = gone.conditions.if_match;
        if (expected && *expected != "\"" + found->second.info.etag + "\"") {
            return refuse(request, {.code = ErrorCode::conflict,
                                    .message = "At least one of the pre-conditions did not hold",
                                    .reason = "precondition_failed"});
        }
        objects.erase(found);
        answer(request, schema::ObjectDeleted{.existed = true, .event_id = "e"});
    }

    schema::ObjectPut keep(const schema::PutObject& put, std::string bytes) {
        Object& object = objects[{put.bucket, put.key}];
        const bool is_repeated =
            !put.idempotency_key.empty() && object.idempotency_key == put.idempotency_key;
        if (!is_repeated) {
            object.info.bucket = put.bucket;
            object.info.key = put.key;
            object.info.size_bytes = bytes.size();
            object.info.etag = to_hex(Digest::of(DigestAlgorithm::md5, bytes));
            object.info.content_type = put.content_type;
            object.info.metadata = put.metadata;
            object.bytes = std::move(bytes);
            object.idempotency_key = put.idempotency_key;
            puts.push_back(put.key);
        }
        schema::ObjectPut reply;
        reply.etag = object.info.etag;
        reply.event_id = "e";
        return reply;
    }

    std::unique_ptr<transport::RequestServer> server_;
    std::string opened_;   // Of the one read session.
    std::string written_;  // Of the one write session.
};

}  // namespace onput::worker
