/*
 * Recommendations from a bundle that `rbench ship` wrote, on Android or any JVM. One file.
 *
 *   implementation("com.google.ai.edge.litert:litert:1.4.0")     // org.tensorflow.lite.Interpreter
 *   androidResources { noCompress += "tflite" }
 *
 *   val recommender = Recommender.open { name -> assets.open("bundle/$name").use { it.readBytes() } }
 *   val answer = recommender.recommendIds(listOf("318", "296"), 10)      // not on the main thread
 *   answer.ids; answer.titles; answer.scores; answer.missing
 *
 *   val problems = Recommender.selftest(read)    // empty: this runtime answers as shipped
 */
package rbench

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.security.MessageDigest
import java.util.Base64
import java.util.zip.InflaterInputStream
import java.util.zip.ZipFile
import org.tensorflow.lite.Interpreter

/** The bundle cannot be used; the message says why. */
class BundleException(message: String) : Exception(message)

/** What is recommended, best first. */
data class Answer(
    /** Indices into items.json. */
    val items: List<Int>,
    /** The log's own ids. */
    val ids: List<String>,
    /** The first column of names beside the ids; the ids where there is none. */
    val titles: List<String>,
    val scores: List<Float>,
    /** Ids of the history that the model does not know: they are left out of it. */
    val unknown: List<String>,
    /**
     * How many fewer than asked for: the model returns k items, and those that were seen are taken
     * out of them.
     */
    val missing: Int,
)

/** Items and their scores, best first. */
data class Ranking(val items: List<Int>, val scores: List<Float>)

/**
 * One user's taps: what an app keeps between them. `state` is what the model hands from tap to tap,
 * empty before the first; `seen` are indices, oldest first; `user` is what was learnt, where the model
 * learns, empty before anything was. A new one forgets.
 */
class Session(
    var state: FloatArray = FloatArray(0),
    val seen: MutableList<Int> = mutableListOf(),
    var user: FloatArray = FloatArray(0),
)

/** A model with its names, opened and verified. One thread at a time may ask it. */
class Recommender private constructor(
    private val contract: Json,
    names: Json,
    model: ByteArray,
    threads: Int,
) : AutoCloseable {
    val ids: List<String> = names["items"].texts
    val titles: List<String> =
        columns(names).let { known -> known.keys().firstOrNull()?.let { known[it].texts } ?: ids }
    private val index: Map<String, Int> =
        ids.withIndex().drop(1).associate { (at, name) -> name to at }

    /** Items that the model returns. */
    val k: Int = contract["k"].int
    private val signature = contract["signature"].text
    private val length = contract["context"]["length"].int
    private val input = contract["context"]["input"].text
    private val inputs = contract["inputs"].list
    private val filters = contract["history"]["filter"].flag
    private val interpreter = opened(model, threads)

    init {
        check("inputs") { interpreter.getInputTensorFromSignature(it, signature) }
        check("outputs") { interpreter.getOutputTensorFromSignature(it, signature) }
    }

    private fun check(side: String, tensor: (String) -> org.tensorflow.lite.Tensor) {
        for (wanted in contract[side].list) {
            val name = wanted["name"].text
            val due = "${wanted["dtype"].text} ${wanted["shape"].list.map { it.int }}"
            val there = try {
                tensor(name).let { "${it.dataType().name.lowercase()} ${it.shape().toList()}" }
            } catch (error: IllegalArgumentException) {
                "nothing"
            }
            if (there != due) {
                close()
                throw BundleException("the model's $side differ at $name: $there, not $due")
            }
        }
    }

    /**
     * The best items after a history of indices, oldest first. What the history holds, all of it, is
     * taken out where the contract filters.
     *
     * @param times of the history's items, seconds since 1970, for models that take ages.
     * @param allowed indices that may come back, for models that are told; null: all.
     * @param session whose answer it is, where the model learns; null: a new user's.
     * @param columns what the log's columns say of the history's items, numbers or words, for models
     *     that take any.
     */
    fun recommend(
        history: List<Int>,
        k: Int = 10,
        times: List<Long>? = null,
        now: Long = System.currentTimeMillis() / 1000,
        allowed: Collection<Int>? = null,
        session: Session? = null,
        columns: Map<String, List<Any>> = emptyMap(),
    ): Answer {
        known(history)
        require(k in 1..this.k) { "k must be from 1 to ${this.k}, not $k" }
        val beside = beside(history, times, now, columns)
        val raw = raw(context(history), beside, allowed, userOf(session))
        return answer(left(raw, history, k), k)
    }

    /**
     * That after this history the user took that item: the session's `user` is brought up to date.
     * Nothing leaves the device.
     */
    fun learn(
        session: Session,
        history: List<Int>,
        item: Int,
        times: List<Long>? = null,
        now: Long = System.currentTimeMillis() / 1000,
        columns: Map<String, List<Any>> = emptyMap(),
    ) {
        val known = contract["personal"]
        if (known.keys().isEmpty()) {
            throw BundleException("this model does not learn: its study has no [personal]")
        }
        known(history + item)
        val user = userOf(session)
        val query = arrayOf(FloatArray(user.size))
        val beside = beside(history, times, now, columns)
        val (items, scores) = asked(context(history), beside, null, user, query)
        val fed = mutableMapOf<String, Any>(
            "items" to items,
            "scores" to scores,
            "query" to query,
            known["next"].text to arrayOf(intArrayOf(item)),
        )
        val name = known["user"].text
        if (known["state"].text == "tensor") fed[name] = arrayOf(user)
        val after = arrayOf(FloatArray(user.size))
        interpreter.runSignature(fed, mapOf(name to after), known["update"].text)
        session.user = after[0]
    }

    /** Empties a session, and what the runtime may still hold of it. */
    fun forget(session: Session) {
        session.state = FloatArray(0)
        session.seen.clear()
        session.user = FloatArray(0)
        restore(userOf(null))
    }

    /** What was learnt of a session's user, as the model takes it; nothing where it does not learn. */
    private fun userOf(session: Session?): FloatArray {
        val known = contract["personal"]
        if (known.keys().isEmpty()) return FloatArray(0)
        val size = known["numbers"].int
        val user = session?.user ?: FloatArray(0)
        require(user.isEmpty() || user.size == size) {
            "a user of ${user.size} numbers; this model's has $size"
        }
        return if (user.isEmpty()) FloatArray(size) else user
    }

    /** Lets the runtime hold this user, where the model's state is one of its variables. */
    private fun restore(user: FloatArray) {
        val known = contract["personal"]
        if (known.keys().isEmpty() || known["state"].text != "variable") return
        val name = known["user"].text
        val held = arrayOf(FloatArray(user.size))
        interpreter.runSignature(
            mapOf(name to arrayOf(user)), mapOf(name to held), known["restore"].text,
        )
    }

    private fun known(items: List<Int>) {
        for (item in items) {
            require(item in 1 until ids.size) {
                "no index of an item: $item; allowed: 1 to ${ids.size - 1}"
            }
        }
    }

    /**
     * The best items after one more, where the model has a signature for it: it computes what that
     * item changes, and not the whole history again.
     *
     * @param session of one user; it is brought up to date.
     */
    fun tap(session: Session, item: Int, k: Int = 10): Answer {
        require(item in 1 until ids.size) { "no index of an item: $item; allowed: 1 to ${ids.size - 1}" }
        require(k in 1..this.k) { "k must be from 1 to ${this.k}, not $k" }
        if (contract["tap"].keys().isEmpty()) {
            throw BundleException("this model has no tap: it was converted without [convert] tap")
        }
        val known = contract["tap"]
        val name = known["state"].text
        val size = known["inputs"].list.first { it["name"].text == name }["shape"].list.last().int
        val state = if (session.state.isEmpty()) FloatArray(size) else session.state
        require(state.size == size) { "a state of ${state.size} numbers; this model's has $size" }
        val after = arrayOf(FloatArray(size))
        val items = arrayOf(IntArray(this.k))
        val scores = arrayOf(FloatArray(this.k))
        val fed = mutableMapOf<String, Any>(
            name to arrayOf(state),
            known["item"].text to arrayOf(intArrayOf(item)),
        )
        val user = userOf(session)
        restore(user)
        if (known["inputs"].list.any { it["kind"].orEmpty == USER }) fed["user"] = arrayOf(user)
        interpreter.runSignature(
            fed,
            mapOf(name to after, "items" to items, "scores" to scores),
            known["signature"].text,
        )
        session.state = after[0]
        session.seen += item
        val found = Ranking(items[0].toList(), scores[0].toList())
        return answer(left(found, session.seen, k), k)
    }

    private fun answer(found: Ranking, k: Int): Answer {
        return Answer(
            items = found.items,
            ids = found.items.map { ids[it] },
            titles = found.items.map { titles[it].ifEmpty { ids[it] } },
            scores = found.scores,
            unknown = emptyList(),
            missing = k - found.items.size,
        )
    }

    /** The same for the log's own ids; those without an index are left out, and named. */
    fun recommendIds(
        history: List<String>,
        k: Int = 10,
        times: List<Long>? = null,
        now: Long = System.currentTimeMillis() / 1000,
        allowed: Collection<String>? = null,
        session: Session? = null,
        columns: Map<String, List<Any>> = emptyMap(),
    ): Answer {
        for ((name, row) in columns + listOfNotNull(times?.let { "times" to it })) {
            require(row.size == history.size) { "${row.size} $name for ${history.size} items" }
        }
        return recommend(
            history.mapNotNull { index[it] },
            k,
            times?.filterIndexed { at, _ -> history[at] in index },
            now,
            allowed?.mapNotNull { index[it] },
            session,
            columns.mapValues { (_, row) -> row.filterIndexed { at, _ -> history[at] in index } },
        ).copy(unknown = history.filter { it !in index })
    }

    /** What is fed: the newest items, padded on the left. */
    fun context(history: List<Int>): IntArray {
        val kept = history.takeLast(length)
        val padding = contract["context"]["padding_id"].int
        return IntArray(length) { at -> kept.getOrElse(at - (length - kept.size)) { padding } }
    }

    /** What is fed beside the context, by input, a batch of one: of the newest items, padded on the left. */
    fun beside(
        history: List<Int>,
        times: List<Long>?,
        now: Long,
        columns: Map<String, List<Any>> = emptyMap(),
    ): Map<String, Any> {
        val found = mutableMapOf<String, Any>()
        val left = columns.keys.toMutableSet()
        for (tensor in inputs) {
            val name = tensor["name"].text
            val kind = tensor["kind"].orEmpty
            if (name == input || kind == ALLOWED || kind == USER) continue
            val row = if (kind == AGES) times else columns[name]
            left -= name
            requireNotNull(row) {
                val how = if (kind == AGES) "when items were" else "it of each item, columns"
                "the model takes $name: say $how"
            }
            require(row.size == history.size) {
                "${row.size} ${if (kind == AGES) "times" else name} for ${history.size} items"
            }
            val made = if (kind == AGES) ages(times.orEmpty(), now) else column(tensor, row)
            val kept = made.takeLast(length)
            found[name] = shaped(tensor, List(length - kept.size) { 0.0 } + kept)
        }
        require(left.isEmpty()) { "the model takes no ${left.joinToString()}" }
        return found
    }

    private fun ages(times: List<Long>, now: Long): List<Double> =
        times.map { (now - it).coerceIn(0L, Int.MAX_VALUE.toLong()).toDouble() }

    /**
     * What a log's column comes to: places of words, steps of a scale or scaled numbers; as it is
     * where the contract says nothing of it.
     */
    private fun column(tensor: Json, values: List<Any>): List<Double> {
        val words = if ("words" in tensor.keys()) tensor["words"].texts else emptyList()
        if (words.isNotEmpty()) {
            return values.map { value ->
                val at = words.indexOf(value.toString())
                (if (at < 0) words.size + 1 else at + 1).toDouble()
            }
        }
        val numbers = values.map { value ->
            val number = (value as? Number)?.toDouble()
            requireNotNull(number?.takeIf { it.isFinite() }) {
                "${tensor["name"].text} of an item is no finite number: $value"
            }
        }
        if ("scale" !in tensor.keys()) return numbers
        val scale = tensor["scale"]
        val (low, high) = scale["low"].number to scale["high"].number
        val bins = scale["bins"].int
        val scaled = numbers.map { ((it - low) / (high - low)).coerceIn(0.0, 1.0) }
        if (bins == 0) return scaled
        return scaled.map { minOf((it * bins).toInt(), bins - 1) + 1.0 }
    }

    /** Numbers as the runtime takes them for that input: a batch of one. */
    private fun shaped(tensor: Json, numbers: List<Double>): Any =
        if (tensor["dtype"].text == "float32") {
            arrayOf(FloatArray(numbers.size) { numbers[it].toFloat() })
        } else {
            arrayOf(IntArray(numbers.size) { numbers[it].toInt() })
        }

    /** What the model itself returns: k items and scores; item 0 where its own filter leaves fewer. */
    fun raw(
        context: IntArray,
        beside: Map<String, Any> = emptyMap(),
        allowed: Collection<Int>? = null,
        user: FloatArray = userOf(null),
    ): Ranking {
        val (items, scores) = asked(context, beside, allowed, user, null)
        return Ranking(items[0].toList(), scores[0].toList())
    }

    /** Items and scores as the model gives them, and its query where there is a place for it. */
    private fun asked(
        context: IntArray,
        beside: Map<String, Any>,
        allowed: Collection<Int>?,
        user: FloatArray,
        query: Array<FloatArray>?,
    ): Pair<Array<IntArray>, Array<FloatArray>> {
        val fed = mutableMapOf<String, Any>(input to arrayOf(context))
        var told = false
        for (tensor in inputs) {
            val name = tensor["name"].text
            if (name == input) continue
            if (tensor["kind"].orEmpty == ALLOWED) {
                told = true
                fed[name] = arrayOf(mask(tensor["shape"].list.last().int, allowed))
                continue
            }
            if (tensor["kind"].orEmpty == USER) {
                fed[name] = arrayOf(user)
                continue
            }
            fed[name] = requireNotNull(beside[name]) { "the model takes $name" }
        }
        require(told || allowed == null) {
            "the model cannot be told what is allowed: filter its answer"
        }
        restore(user)
        if (contract["reset_before_query"].flag) interpreter.resetVariableTensors()
        val items = arrayOf(IntArray(k))
        val scores = arrayOf(FloatArray(k))
        val wanted = mutableMapOf<String, Any>("items" to items, "scores" to scores)
        if (query != null) wanted["query"] = query
        interpreter.runSignature(fed, wanted, signature)
        return items to scores
    }

    /** 1 for an item that may come back; column j is index j + 1. */
    private fun mask(items: Int, allowed: Collection<Int>?): FloatArray {
        val found = FloatArray(items) { if (allowed == null) 1f else 0f }
        for (item in allowed.orEmpty()) {
            require(item in 1..items) { "no index of an item: $item; allowed: 1 to $items" }
            found[item - 1] = 1f
        }
        return found
    }

    /** The first k of an answer, without what was seen where the contract filters. */
    fun left(found: Ranking, history: List<Int>, k: Int): Ranking {
        val seen = if (filters) history.toSet() + 0 else setOf(0)
        val places = found.items.indices.filter { found.items[it] !in seen }.take(k)
        return Ranking(places.map { found.items[it] }, places.map { found.scores[it] })
    }

    override fun close() = interpreter.close()

    companion object {
        const val BACKEND = "aarch64/xnnpack"

        /**
         * Opens a bundle and verifies it.
         *
         * @param verify check sha256 of the model and the names; without it a wrong file answers
         *     wrongly.
         * @param read gives a file of the bundle by its name.
         */
        fun open(threads: Int = 1, verify: Boolean = true, read: (String) -> ByteArray): Recommender {
            val contract = contract(read)
            val model = front(read(contract["model"]["file"].text), contract)
            val names = read(ITEMS)
            val problems = modelProblems(contract, model) + itemsProblems(contract, names)
            if (verify && problems.isNotEmpty()) throw BundleException(problems.joinToString("; "))
            return Recommender(contract, parsed(names, ITEMS), model, threads)
        }

        /** The files of a bundle: of its folder, or of the one .tflite with a ZIP behind the model. */
        fun files(bundle: File): (String) -> ByteArray =
            if (bundle.isDirectory) {
                { name -> content(name) { File(bundle, name).readBytes() } }
            } else {
                { name ->
                    content(name) {
                        if (name.endsWith(".tflite")) {
                            bundle.readBytes()
                        } else {
                            ZipFile(bundle).use { zip ->
                                val entry = zip.getEntry(name)
                                    ?: throw BundleException("no $name in the ZIP behind the model")
                                zip.getInputStream(entry).use { it.readBytes() }
                            }
                        }
                    }
                }
            }

        private fun content(name: String, read: () -> ByteArray): ByteArray =
            try {
                read()
            } catch (error: java.io.IOException) {
                throw BundleException("no $name that can be read: ${error.message}")
            }

        /**
         * What is wrong with a bundle on this runtime, in words; nothing if all is well. Files
         * against the contract, then every golden question: padding, the raw answer, the filter.
         *
         * @param backend whose tolerance counts.
         */
        fun selftest(backend: String = BACKEND, read: (String) -> ByteArray): List<String> {
            val problems = mutableListOf<String>()
            try {
                val contract = contract(read)
                val golden = read(GOLDEN)
                val unlike = modelProblems(
                    contract, front(read(contract["model"]["file"].text), contract),
                )
                problems += unlike
                problems += itemsProblems(contract, read(ITEMS))
                val stale = sha256(golden) != contract["golden"]["sha256"].text
                if (stale) problems += "$GOLDEN is not the one that was shipped with this model"
                // What is damaged may take the runtime with it: another model is not opened.
                if (unlike.isEmpty() && !stale) {
                    open(verify = false, read = read).use { recommender ->
                        problems += answers(recommender, parsed(golden, GOLDEN), backend)
                    }
                }
            } catch (error: BundleException) {
                problems += error.message.orEmpty()
            }
            return problems
        }

        private fun contract(read: (String) -> ByteArray): Json {
            val contract = parsed(read(CONTRACT), CONTRACT)
            if (contract["schema"].int != SCHEMA) {
                throw BundleException("$CONTRACT: schema ${contract["schema"].int}, not $SCHEMA")
            }
            val context = contract["context"]
            for ((side, name, size) in listOf(
                Triple("inputs", context["input"].text, context["length"].int),
                Triple("outputs", "items", contract["k"].int),
            )) {
                val one = contract[side].list.find { it["name"].text == name }
                if (one?.get("shape")?.list?.lastOrNull()?.int != size) {
                    throw BundleException("$CONTRACT contradicts itself: $name has not $size numbers")
                }
            }
            return contract
        }

        /** The .tflite as it was measured: of the one file, its front. */
        private fun front(model: ByteArray, contract: Json): ByteArray {
            val size = contract["model"]["size_bytes"].int
            val behind = model.size > size + 4 &&
                model.copyOfRange(size, size + 4).contentEquals(ZIP)
            return if (behind) model.copyOf(size) else model
        }

        private fun modelProblems(contract: Json, model: ByteArray): List<String> {
            val due = contract["model"]["size_bytes"].int
            if (model.size != due) {
                val how = if (model.size < due) "cut off" else "too long"
                return listOf("the model is $how: ${model.size} of $due bytes")
            }
            val (found, wanted) = sha256(model) to contract["model"]["sha256"].text
            if (found == wanted) return emptyList()
            return listOf(
                "the model is not the one that was shipped: sha256 ${found.take(12)}, not " +
                    "${wanted.take(12)}; it was damaged, or another model or item table put there",
            )
        }

        private fun itemsProblems(contract: Json, content: ByteArray): List<String> {
            val problems = mutableListOf<String>()
            val (found, wanted) = sha256(content) to contract["items"]["sha256"].text
            if (found != wanted) {
                problems += "$ITEMS is not the one that was shipped with this model: sha256 " +
                    "${found.take(12)}, not ${wanted.take(12)}"
            }
            val names = parsed(content, ITEMS)
            if (names["data"].text != contract["data"].text) {
                problems += "$ITEMS is stale: it belongs to another split of the log than the model"
            }
            val count = names["items"].list.size - 1
            val due = contract["catalogue"]["items"].int
            if (count != due) {
                problems += "$ITEMS is stale: it names $count items, the model ranks $due"
            }
            return problems
        }

        private fun answers(recommender: Recommender, golden: Json, backend: String): List<String> {
            val known = golden["tolerances"].keys()
            if (backend !in known) {
                return listOf("no tolerance for $backend; $GOLDEN knows ${known.sorted().joinToString()}")
            }
            val tolerance = golden["tolerances"][backend]
            val cases = golden["cases"].list
            val found = cases.map { case ->
                val given = recommender.inputs.map { it["name"].text to it }
                    .filter { (name, _) -> name in case["given"].keys() }
                    .associate { (name, tensor) ->
                        name to recommender.shaped(tensor, case["given"][name].list.map { it.number })
                    }
                val allowed =
                    if ("allowed" in case.keys()) case["allowed"].list.map { it.int } else null
                recommender.raw(case["context"].list.map { it.int }.toIntArray(), given, allowed)
            }
            val wrong = wrongAnswers(cases, found, tolerance)
            val other = mutableListOf<String>()
            for ((case, answer) in cases.zip(found)) {
                val name = case["name"].text
                val history = case["history"].list.map { it.int }
                val context = case["context"].list.map { it.int }
                if (recommender.context(history).toList() != context) {
                    other += "'$name': the history becomes another context"
                    continue
                }
                val whole = ranking(case)
                val places = case["recommended"].list.map { it.int }
                val due = Ranking(places.map { whole.items[it] }, places.map { whole.scores[it] })
                val left = recommender.left(answer, history, golden["top"].int)
                val filtered =
                    if (wrong.isEmpty()) differs(due, left, tolerance["scores"].number) else ""
                if (filtered.isNotEmpty()) other += "'$name', filtered: $filtered"
            }
            val stale = golden["names"].list.map { it.list }.map { it[0].int to it[1].text }
                .filter { (item, id) -> (recommender.ids.getOrNull(item) ?: id) != id }
                .map { (item, id) ->
                    "$ITEMS is stale: it calls item $item '${recommender.ids[item]}', it was '$id' " +
                        "when this model was shipped"
                }
            return wrong + other.take(2) + stale.take(1)
        }

        /** What is wrong with the items and scores that a model returned, in words. */
        private fun wrongAnswers(
            cases: List<Json>, found: List<Ranking>, tolerance: Json,
        ): List<String> {
            val wrong = mutableListOf<String>()
            val shares = mutableListOf<Double>()
            for ((case, answer) in cases.zip(found)) {
                val golden = ranking(case)
                val count = golden.items.size
                val top = Ranking(answer.items.take(count), answer.scores.take(count))
                val said = differs(golden, top, tolerance["scores"].number)
                if (said.isNotEmpty()) wrong += "'${case["name"].text}': $said"
                val due = golden.items.toSet() - 0 // where a filter leaves fewer
                if (due.isNotEmpty()) {
                    shares += (due intersect top.items.toSet()).size.toDouble() / due.size
                }
            }
            val share = if (shares.isEmpty()) 1.0 else shares.average()
            val few = share < tolerance["overlap"].number
            if (wrong.isEmpty() && !few) return emptyList()
            val example =
                if (few) "${Math.round(100 * share)} % of the golden items are returned" else wrong[0]
            return listOf(
                "${wrong.size} of ${cases.size} golden questions are answered otherwise, e.g. " +
                    "$example; the item table or other weights are not those that were shipped, or " +
                    "this runtime reckons wrongly",
            )
        }

        private fun ranking(case: Json) = Ranking(
            case["items"].list.map { it.int }, case["scores"].list.map { it.number.toFloat() },
        )

        /**
         * Where an answer is not the golden one; empty where it is, but for what rounding explains.
         * Scores are compared rank by rank. Items may change places, or come in from below the last,
         * where golden scores lie within twice the tolerance of each other.
         */
        fun differs(golden: Ranking, found: Ranking, tolerance: Double): String {
            if (found.items.size != golden.items.size) {
                return "${found.items.size} items, not ${golden.items.size}"
            }
            val left = found.items.filter { it != 0 } // 0 where a filter leaves fewer
            if (left.size != golden.items.count { it != 0 }) {
                return "${left.size} items but for those that are none"
            }
            if (left.toSet().size != left.size) return "an item is returned twice"
            val byItem = golden.items.zip(golden.scores).toMap()
            for (at in left.indices) {
                val due = golden.scores[at].toDouble()
                // Written so that what is no number is a difference.
                if (!(Math.abs(found.scores[at] - due) <= tolerance)) {
                    return "rank ${at + 1} has score ${found.scores[at]}, not $due (± $tolerance)"
                }
                val item = found.items[at]
                val beside = (byItem[item] ?: golden.scores.last()).toDouble()
                if (item != golden.items[at] && Math.abs(beside - due) > 2 * tolerance) {
                    return "rank ${at + 1} is item $item, not ${golden.items[at]}"
                }
            }
            return ""
        }

        private fun opened(model: ByteArray, threads: Int): Interpreter {
            val buffer = ByteBuffer.allocateDirect(model.size).order(ByteOrder.nativeOrder())
            buffer.put(model).rewind()
            try {
                return Interpreter(buffer, Interpreter.Options().setNumThreads(threads)).also {
                    it.allocateTensors() // before it, there is no state to reset
                }
            } catch (error: IllegalArgumentException) {
                throw BundleException("the runtime does not load the model: ${error.message}")
            }
        }

        private fun sha256(content: ByteArray): String =
            MessageDigest.getInstance("SHA-256").digest(content).joinToString("") { "%02x".format(it) }

        /** What people call the items, by column; packed where it is long. */
        private fun columns(names: Json): Json {
            val packed = names["packed"].orEmpty
            if (packed.isEmpty()) return names["columns"]
            val content = content("$ITEMS: packed") {
                try {
                    InflaterInputStream(Base64.getDecoder().decode(packed).inputStream()).readBytes()
                } catch (error: IllegalArgumentException) {
                    throw BundleException("$ITEMS: packed is no base64: ${error.message}")
                }
            }
            return parsed(content, "$ITEMS: packed")
        }

        private fun parsed(content: ByteArray, name: String): Json =
            try {
                Json.parse(content.decodeToString(), name)
            } catch (error: IllegalArgumentException) {
                throw BundleException("$name is no JSON: ${error.message}")
            }

        private const val CONTRACT = "contract.json"
        private const val GOLDEN = "golden.json"
        private const val ITEMS = "items.json"
        private const val SCHEMA = 1

        private const val ALLOWED = "allowed"
        private const val AGES = "age_seconds"
        private const val USER = "user"
        private val ZIP = byteArrayOf(0x50, 0x4b, 0x03, 0x04)
    }
}

/** A JSON value; what is asked for and is not there is a `BundleException` that names it. */
class Json private constructor(private val value: Any?, private val where: String) {
    operator fun get(key: String) = Json((value as? Map<*, *>)?.get(key), "$where: $key")

    val list: List<Json>
        get() = told<List<*>>("a list").mapIndexed { at, one -> Json(one, "$where[$at]") }
    val text: String get() = told("a text")
    val orEmpty: String get() = value as? String ?: ""
    val texts: List<String> get() = list.map { it.text }
    val number: Double get() = told("a number")
    val int: Int
        get() = number.let { if (it == Math.rint(it)) it.toInt() else throw complaint("an integer") }
    val flag: Boolean get() = told("true or false")

    /** The keys of an object, in their order; none where it is not there. */
    fun keys(): List<String> = (value as? Map<*, *>)?.keys?.map { it as String }.orEmpty()

    private inline fun <reified T> told(what: String): T = value as? T ?: throw complaint(what)

    private fun complaint(what: String) = BundleException("$where is not $what")

    companion object {
        /** @throws IllegalArgumentException it is no JSON. */
        fun parse(text: String, where: String): Json {
            val reader = Reader(text)
            val value = reader.value()
            require(reader.atEnd()) { "something follows it" }
            return Json(value, where)
        }
    }

    private class Reader(private val text: String) {
        private var at = 0

        fun atEnd(): Boolean {
            while (at < text.length && text[at] in " \t\r\n") at++
            return at == text.length
        }

        fun value(): Any? {
            require(!atEnd()) { "it ends too early" }
            return when (text[at]) {
                '{' -> entries('{', '}') { string().also { expect(':') } to value() }.toMap()
                '[' -> entries('[', ']') { value() }
                '"' -> string()
                else -> word()
            }
        }

        private fun <T> entries(open: Char, close: Char, one: () -> T): List<T> {
            expect(open)
            val found = mutableListOf<T>()
            while (!skips(close)) {
                if (found.isNotEmpty()) expect(',')
                found += one()
            }
            return found
        }

        private fun skips(wanted: Char): Boolean {
            require(!atEnd()) { "it ends too early" }
            return (text[at] == wanted).also { if (it) at++ }
        }

        private fun expect(wanted: Char) = require(skips(wanted)) { "no $wanted at character $at" }

        private fun string(): String {
            expect('"')
            val found = StringBuilder()
            while (true) {
                require(at < text.length) { "it ends too early" }
                when (val letter = text[at++]) {
                    '"' -> return found.toString()
                    '\\' -> found.append(escaped())
                    else -> found.append(letter)
                }
            }
        }

        private fun escaped(): Char {
            require(at < text.length) { "it ends too early" }
            return when (val letter = text[at++]) {
                'n' -> '\n'
                't' -> '\t'
                'r' -> '\r'
                'b' -> '\b'
                'f' -> '\u000c'
                'u' -> {
                    require(at + 4 <= text.length) { "it ends too early" }
                    at += 4
                    text.substring(at - 4, at).toInt(16).toChar()
                }
                else -> letter
            }
        }

        private fun word(): Any? {
            val start = at
            while (at < text.length && (text[at].isLetterOrDigit() || text[at] in "+-.")) at++
            return when (val word = text.substring(start, at)) {
                "true" -> true
                "false" -> false
                "null" -> null
                else -> word.toDoubleOrNull() ?: throw IllegalArgumentException("no value: $word")
            }
        }
    }
}
