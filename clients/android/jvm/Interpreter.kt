/*
 * LiteRT's API for Android, as far as the client uses it, for a JVM without Android: a stand-in that
 * is compiled against in place of the AAR. The answers are the file's own: a Python child runs it
 * with ai-edge-litert (runtime.py), and a state that the client does not reset goes on living there.
 *
 * -Drbench.python=PYTHON -Drbench.runtime=PATH/runtime.py
 */
package org.tensorflow.lite

import java.io.BufferedReader
import java.io.BufferedWriter
import java.io.File
import java.nio.ByteBuffer

/** As in LiteRT; further types are in no file of rbench's. */
enum class DataType { FLOAT32, INT32, UINT8, INT64, STRING, BOOL, INT16, INT8 }

/** What is known of an input or an output. */
interface Tensor {
    fun dataType(): DataType
    fun shape(): IntArray
}

/** A file that is loaded. What LiteRT refuses is an IllegalArgumentException, as there. */
class Interpreter(model: ByteBuffer, options: Options) : AutoCloseable {
    class Options {
        internal var threads = 1

        fun setNumThreads(threads: Int) = apply { this.threads = threads }
    }

    private val file: File = File.createTempFile("model", ".tflite")
    private val child: Process
    private val words: BufferedWriter
    private val answers: BufferedReader

    init {
        val content = ByteArray(model.remaining()).also { model.duplicate().get(it) }
        file.writeBytes(content)
        child = ProcessBuilder(
            System.getProperty("rbench.python"),
            System.getProperty("rbench.runtime"),
            file.path,
            options.threads.toString(),
        ).redirectError(ProcessBuilder.Redirect.DISCARD).start()
        words = child.outputWriter()
        answers = child.inputReader()
        try {
            said()
        } catch (error: IllegalArgumentException) {
            close()
            throw error
        }
    }

    fun getInputTensorFromSignature(name: String, signature: String) =
        tensor("input", name, signature)

    fun getOutputTensorFromSignature(name: String, signature: String) =
        tensor("output", name, signature)

    /** They are since it was loaded. */
    fun allocateTensors() = Unit

    fun resetVariableTensors() {
        ask("reset")
    }

    fun runSignature(inputs: Map<String, Any>, outputs: Map<String, Any>, signature: String) {
        for ((name, value) in inputs) {
            ask("set", signature, name, numbers(value).joinToString(","))
        }
        ask("run", signature)
        for ((name, place) in outputs) {
            fill(place, ask("get", signature, name).split(","))
        }
    }

    override fun close() {
        child.destroyForcibly().waitFor()
        file.delete()
    }

    private fun tensor(side: String, name: String, signature: String): Tensor {
        val (type, shape) = ask(side, signature, name).split(" ")
        return object : Tensor {
            override fun dataType() = DataType.valueOf(type)
            override fun shape() = shape.split(",").map { it.toInt() }.toIntArray()
        }
    }

    private fun ask(vararg parts: String): String {
        words.write(parts.joinToString("\t"))
        words.newLine()
        words.flush()
        return said()
    }

    private fun said(): String {
        val line = answers.readLine() ?: throw IllegalStateException("the runtime is gone")
        val (kind, text) = line.split("\t", limit = 2)
        require(kind == "ok") { text }
        return text
    }

    private fun numbers(value: Any): List<Number> =
        when (val row = (value as Array<*>).single()) {
            is IntArray -> row.toList()
            is FloatArray -> row.toList()
            else -> throw IllegalArgumentException("no such input: $row")
        }

    private fun fill(place: Any, values: List<String>) {
        when (val row = (place as Array<*>).single()) {
            is IntArray -> values.forEachIndexed { at, text -> row[at] = text.toInt() }
            is FloatArray -> values.forEachIndexed { at, text -> row[at] = text.toFloat() }
            else -> throw IllegalArgumentException("no such output: $row")
        }
    }
}
