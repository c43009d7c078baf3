#include "common/transport/lane_control.hpp"

namespace onput::transport {
namespace {

template <typename M>
Result<LaneControl> decode_as(std::string_view bytes) {
    ONPUT_TRY(auto message, schema::decode<M>(bytes));
    return LaneControl(std::move(message));
}

}  // namespace

Result<LaneControl> decode_control(std::string_view bytes) {
    ONPUT_TRY(const schema::Kind kind, schema::kind_of(bytes));
    switch (kind) {
        case schema::Kind::lane_hello: return decode_as<schema::LaneHello>(bytes);
        case schema::Kind::lane_credit: return decode_as<schema::LaneCredit>(bytes);
        case schema::Kind::lane_ack: return decode_as<schema::LaneAck>(bytes);
        case schema::Kind::lane_nack: return decode_as<schema::LaneNack>(bytes);
        case schema::Kind::lane_extend: return decode_as<schema::LaneExtend>(bytes);
        case schema::Kind::lane_bye: return decode_as<schema::LaneBye>(bytes);
        case schema::Kind::lane_split: return decode_as<schema::LaneSplit>(bytes);
        default:
            return fail(ErrorCode::corruption, "message of kind " +
                                                   std::to_string(static_cast<int>(kind)) +
                                                   " is no control message of a lane");
    }
}

std::string encode_control(const LaneControl& message) {
    return std::visit([](const auto& control) { return schema::encode(control); }, message);
}

}  // namespace onput::transport
