// What a replay costs at the least: reads request events from a topic or a file, decodes each with simdjson, and updates
// six slots of a hash table (the account and five fingerprints). Nothing else: no windows, no rules, no order.
//
//   floor [--threads N] --file PATH
//   floor [--threads N] --bootstrap-servers HOST:PORT --topic NAME
//
// Prints one JSON object. Build: g++ -O3 -std=c++17 floor.cpp -o floor -lrdkafka -lsimdjson -lxxhash -lpthread
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <simdjson.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

// A line of the cache, as the smallest state of an entity.
struct alignas(64) Slot {
    uint64_t key, requests, tokens, first, last, rest[3];
};

class Table {
  public:
    // Every page is written once, so that none is made while time is taken.
    Table() : slots_(static_cast<Slot *>(aligned_alloc(64, kSlots * sizeof(Slot)))) {
        memset(slots_, 0, kSlots * sizeof(Slot));
    }
    void update(uint64_t key, uint64_t tokens, uint64_t time) {
        if (key == 0) key = 1;
        for (size_t i = key & (kSlots - 1);; i = (i + 1) & (kSlots - 1)) {
            Slot &slot = slots_[i];
            if (slot.key != key) {
                if (slot.key != 0) continue;
                slot.key = key;
                slot.first = time;
            }
            slot.requests++;
            slot.tokens += tokens;
            slot.last = time;
            return;
        }
    }

  private:
    static constexpr size_t kSlots = 1 << 23;
    Slot *slots_;
};

struct Tally {
    uint64_t records = 0, bytes = 0, updates = 0;
};

class Worker {
  public:
    void take(const char *record, size_t size) {
        if (buffer_.size() < size + simdjson::SIMDJSON_PADDING)
            buffer_.resize(size * 2 + simdjson::SIMDJSON_PADDING);
        memcpy(buffer_.data(), record, size);
        tally.records++;
        tally.bytes += size;
        simdjson::ondemand::document document;
        if (parser_.iterate(buffer_.data(), size, buffer_.size()).get(document)) return;
        simdjson::ondemand::object event;
        if (document.get_object().get(event)) return;
        uint64_t time = 0, tokens = 0, keys[6];
        size_t count = 0;
        for (auto field : event) {
            std::string_view name;
            if (field.unescaped_key().get(name)) return;
            if (name == "time") {
                std::string_view text;
                int64_t ms = 0;
                auto value = field.value();
                if (!value.get_string().get(text)) {
                    time = XXH3_64bits(text.data(), text.size());
                } else if (!value.get_int64().get(ms)) {
                    time = ms;
                }
            } else if (name == "account") {
                std::string_view text;
                if (!field.value().get_string().get(text))
                    keys[count++] = XXH3_64bits(text.data(), text.size());
            } else if (name == "input_tokens" || name == "output_tokens") {
                uint64_t number = 0;
                if (!field.value().get_uint64().get(number)) tokens += number;
            } else if (name == "fingerprints") {
                simdjson::ondemand::object all;
                if (field.value().get_object().get(all)) continue;
                for (auto fingerprint : all) {
                    std::string_view kind, text;
                    if (fingerprint.unescaped_key().get(kind)) return;
                    uint64_t seed = XXH3_64bits(kind.data(), kind.size());
                    if (count < 6 && !fingerprint.value().get_string().get(text))
                        keys[count++] = XXH3_64bits_withSeed(text.data(), text.size(), seed);
                }
            }
        }
        for (size_t i = 0; i < count; i++) table_.update(keys[i], tokens, time);
        tally.updates += count;
    }
    Tally tally;

  private:
    simdjson::ondemand::parser parser_;
    std::vector<char> buffer_ = std::vector<char>(1 << 16);
    Table table_;
};

[[noreturn]] void fail(const std::string &text) {
    fprintf(stderr, "floor: %s\n", text.c_str());
    exit(1);
}

void lines(Worker &worker, const char *from, const char *to) {
    while (from < to) {
        auto end = static_cast<const char *>(memchr(from, '\n', to - from));
        if (!end) end = to;
        if (end > from) worker.take(from, end - from);
        from = end + 1;
    }
}

void read_file(const char *path, std::vector<Worker> &workers) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) fail(std::string(path) + ": cannot read");
    auto base = static_cast<const char *>(
        mmap(nullptr, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0));
    const char *end = base + status.st_size, *from = base;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < workers.size(); i++) {
        const char *to = i + 1 == workers.size() ? end : base + status.st_size * (i + 1) / workers.size();
        while (to < end && to[-1] != '\n') to++;
        threads.emplace_back([&worker = workers[i], from, to] { lines(worker, from, to); });
        from = to;
    }
    for (auto &thread : threads) thread.join();
}

void set(rd_kafka_conf_t *conf, const char *name, const std::string &value) {
    char text[256];
    if (rd_kafka_conf_set(conf, name, value.c_str(), text, sizeof text) != RD_KAFKA_CONF_OK) fail(text);
}

struct Partition {
    int32_t number;
    int64_t low, high;
};

void consume(
    rd_kafka_t *client, const char *topic, std::vector<Partition> mine, rd_kafka_queue_t *queue,
    Worker &worker) {
    std::vector<rd_kafka_message_t *> batch(4096);
    size_t open = 0;
    for (auto &partition : mine) open += partition.high > partition.low;
    while (open > 0) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, 100, batch.data(), batch.size());
        for (ssize_t i = 0; i < count; i++) {
            auto *message = batch[i];
            if (!message->err) worker.take(static_cast<char *>(message->payload), message->len);
            for (auto &partition : mine)
                if (partition.number == message->partition && partition.high > 0 &&
                    message->offset >= partition.high - 1) {
                    partition.high = 0;
                    open--;
                }
            rd_kafka_message_destroy(message);
        }
    }
}

double read_topic(const std::string &servers, const char *topic, std::vector<Worker> &workers) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", servers);
    set(conf, "group.id", "floor");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.partition.eof", "true");
    set(conf, "queued.min.messages", "1000000");
    set(conf, "queued.max.messages.kbytes", "65536");
    set(conf, "fetch.message.max.bytes", "1048576");
    char text[256];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (!client) fail(text);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, nullptr);
    const rd_kafka_metadata_t *metadata;
    if (rd_kafka_metadata(client, 0, handle, &metadata, 10000) || metadata->topic_cnt != 1) fail("no topic");
    std::vector<Partition> all;
    for (int i = 0; i < metadata->topics[0].partition_cnt; i++) {
        Partition partition{i, 0, 0};
        rd_kafka_query_watermark_offsets(client, topic, i, &partition.low, &partition.high, 10000);
        all.push_back(partition);
    }
    rd_kafka_metadata_destroy(metadata);
    auto started = std::chrono::steady_clock::now();
    auto *assigned = rd_kafka_topic_partition_list_new(all.size());
    std::vector<rd_kafka_queue_t *> queues;
    for (size_t i = 0; i < workers.size(); i++) queues.push_back(rd_kafka_queue_new(client));
    for (auto &partition : all) {
        rd_kafka_topic_partition_list_add(assigned, topic, partition.number)->offset = partition.low;
        auto *own = rd_kafka_queue_get_partition(client, topic, partition.number);
        rd_kafka_queue_forward(own, nullptr);
        rd_kafka_queue_destroy(own);
    }
    rd_kafka_assign(client, assigned);
    for (auto &partition : all) {
        auto *own = rd_kafka_queue_get_partition(client, topic, partition.number);
        rd_kafka_queue_forward(own, queues[partition.number % queues.size()]);
    }
    // librdkafka 2.0 lets a fetcher sleep up to a second beside a full queue; any request wakes it.
    std::atomic<bool> is_done{false};
    std::thread waker([&] {
        int64_t low, high;
        while (!is_done) {
            rd_kafka_query_watermark_offsets(client, topic, 0, &low, &high, 100);
            usleep(5000);
        }
    });
    std::vector<std::thread> threads;
    for (size_t i = 0; i < workers.size(); i++) {
        std::vector<Partition> mine;
        for (auto &partition : all)
            if (partition.number % workers.size() == i) mine.push_back(partition);
        threads.emplace_back([&, i, mine] { consume(client, topic, mine, queues[i], workers[i]); });
    }
    for (auto &thread : threads) thread.join();
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    is_done = true;
    waker.join();
    return seconds;
}

/// Seconds of CPU time of the process so far.
double cpu_seconds(rusage &usage) {
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval &time) { return time.tv_sec + time.tv_usec / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char **argv) {
    std::string servers, topic, file;
    size_t count = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string name = argv[i], value = argv[i + 1];
        if (name == "--bootstrap-servers") servers = value;
        else if (name == "--topic") topic = value;
        else if (name == "--file") file = value;
        else if (name == "--threads") count = strtoul(value.c_str(), nullptr, 10);
        else fail("unknown option " + name);
    }
    if (count < 1 || file.empty() == topic.empty()) fail("give --file, or --topic and --bootstrap-servers");
    std::vector<Worker> workers(count);
    rusage usage;
    double cpu = cpu_seconds(usage);
    auto started = std::chrono::steady_clock::now();
    double seconds;
    if (topic.empty()) {
        read_file(file.c_str(), workers);
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    } else {
        seconds = read_topic(servers, topic.c_str(), workers);
    }
    Tally sum;
    for (auto &worker : workers) {
        sum.records += worker.tally.records;
        sum.bytes += worker.tally.bytes;
        sum.updates += worker.tally.updates;
    }
    cpu = cpu_seconds(usage) - cpu;
    printf(
        "{\"events\":%llu,\"updates\":%llu,\"seconds\":%.3f,\"events_per_s\":%.0f,\"cpu_us_per_event\":%.3f,"
        "\"mb_per_s\":%.0f,\"peak_mib\":%ld}\n",
        static_cast<unsigned long long>(sum.records), static_cast<unsigned long long>(sum.updates), seconds,
        sum.records / seconds, cpu / sum.records * 1e6, sum.bytes / seconds / 1e6, usage.ru_maxrss / 1024);
    fflush(stdout);
    _exit(0);
}
