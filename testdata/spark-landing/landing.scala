// Lands the topic's events as Parquet with Spark Structured Streaming, once for
// each line of its input, `MOST FOLDER`: all that the topic has, into the
// folder, in batches of MOST records, or in a single one if MOST is 0. Answers
// each with a line `landed ROWS SECONDS`. The same process does them all, so
// that the first ones warm the JVM for those that count.
//
//   landing.scala ADDRESS TOPIC
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.functions.{col, from_json}
import org.apache.spark.sql.streaming.Trigger
import org.apache.spark.sql.types.{StringType, StructType, TimestampType}

val Array(address, topic) = args

val spark = SparkSession
  .builder()
  .master("local[*]") // all processors
  .config("spark.driver.host", "127.0.0.1")
  .config("spark.driver.bindAddress", "127.0.0.1")
  .config("spark.ui.enabled", "false")
  .config("spark.sql.session.timeZone", "UTC")
  .config("spark.sql.parquet.compression.codec", "zstd") // as Parley's files
  .getOrCreate()

// The fields that the events have, typed as Parley's columns are.
val event = Seq("id", "event_name", "user_id", "company_id", "url", "ip", "metadata")
  .foldLeft(new StructType().add("created_at", TimestampType))(_.add(_, StringType))

def land(most: Long, folder: String): Double = {
  val began = System.nanoTime
  val source = spark.readStream
    .format("kafka")
    .option("kafka.bootstrap.servers", address)
    .option("subscribe", topic)
    .option("startingOffsets", "earliest")
  if (most > 0) source.option("maxOffsetsPerTrigger", most)
  source
    .load()
    .select(col("partition"), col("offset"), col("timestamp"), from_json(col("value").cast("string"), event).as("event"))
    .select("partition", "offset", "timestamp", "event.*")
    .writeStream
    .format("parquet")
    .option("path", folder + "/data")
    .option("checkpointLocation", folder + "/checkpoint")
    .trigger(Trigger.AvailableNow)
    .start()
    .awaitTermination()
  (System.nanoTime - began) / 1e9
}

println("ready")
for (line <- Iterator.continually(scala.io.StdIn.readLine()).takeWhile(_ != null)) {
  val Array(most, folder) = line.split(" ", 2)
  val seconds = land(most.toLong, folder)
  println(s"landed ${spark.read.parquet(folder + "/data").count()} $seconds")
}
spark.stop()
