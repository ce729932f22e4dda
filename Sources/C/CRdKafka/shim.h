#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// rd_kafka_produceva takes an array of tagged unions with anonymous structs inside, which Swift builds clumsily.
// Copies key and payload. Takes `headers` over on success (NULL returned); on an error they stay the caller's.
static inline rd_kafka_error_t *saas_kafka_produce(rd_kafka_t *client, const char *topic, const void *key,
                                                   size_t key_bytes, const void *payload, size_t payload_bytes,
                                                   rd_kafka_headers_t *headers, void *opaque) {
    rd_kafka_vu_t values[6];
    size_t count = 0;
    values[count].vtype = RD_KAFKA_VTYPE_TOPIC;
    values[count++].u.cstr = topic;
    values[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    values[count++].u.i = RD_KAFKA_MSG_F_COPY;
    values[count].vtype = RD_KAFKA_VTYPE_KEY;
    values[count].u.mem.ptr = (void *)key;
    values[count++].u.mem.size = key_bytes;
    values[count].vtype = RD_KAFKA_VTYPE_VALUE;
    values[count].u.mem.ptr = (void *)payload;
    values[count++].u.mem.size = payload_bytes;
    values[count].vtype = RD_KAFKA_VTYPE_OPAQUE;
    values[count++].u.ptr = opaque;
    if (headers) {
        values[count].vtype = RD_KAFKA_VTYPE_HEADERS;
        values[count++].u.headers = headers;
    }
    return rd_kafka_produceva(client, values, count);
}
